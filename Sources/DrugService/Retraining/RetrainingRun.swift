import DrugClassifier
import Glibc
import RandomForest

/// One retraining on its way: a thread of its own starts the program, follows it and writes down what
/// it says.
final class RetrainingRun: @unchecked Sendable {
  // `@unchecked Sendable` because what the thread finds out is read only after `ended` was raised.

  /// How often a job is looked after, in milliseconds.
  private static let interval: Int32 = 100

  /// The job as it was when it began.
  let start: RetrainingJob
  private let folder: JobFolder
  private let parameters: String
  private let command: [String]
  private let limit: Duration
  private let lock: Int32
  private let finish: @Sendable (RetrainingJob, _ result: [JSONValue.Member]?) -> Void
  private let ended = Semaphore()
  private var job: RetrainingJob
  private var result: [JSONValue.Member]?

  /// Prepares a job.
  ///
  /// - Parameters:
  ///   - lock: the lock on the folder, which this takes over.
  ///   - finish: called when the job is over and written down, before the next can begin.
  init(
    _ job: RetrainingJob, in folder: JobFolder, parameters: String, command: [String],
    limit: Duration, lock: Int32,
    finish: @escaping @Sendable (RetrainingJob, _ result: [JSONValue.Member]?) -> Void
  ) {
    start = job
    self.job = job
    self.folder = folder
    self.parameters = parameters
    self.command = command
    self.limit = limit
    self.lock = lock
    self.finish = finish
  }

  /// Starts the thread.
  func begin() {
    Thread.detach {
      self.run()
      self.finish(self.job, self.result)
      close(self.lock)
      self.ended.signal()
    }
  }

  /// Waits for the end; to be called once.
  func wait() -> (job: RetrainingJob, result: [JSONValue.Member]?) {
    ended.wait()
    return (job, result)
  }

  private func run() {
    let child: ChildProcess
    do throws(SystemError) {
      child = try ChildProcess(command, lock: lock)
    } catch {
      let words = String(cString: strerror(error.code))
      return end(.failed, failure("not_started", "The training could not be started: \(words)."))
    }
    defer { child.closeStreams() }
    var output = TrainingOutput()
    let end = follow(child, &output)
    output.finish()
    try? folder.write(output.text, to: folder.file(job.id, "output"))
    settle(end, output)
  }

  /// How a program's run ended.
  private struct End {
    let status: ChildProcess.Status
    let isCancelled: Bool
    let isLate: Bool
  }

  private func follow(_ child: ChildProcess, _ output: inout TrainingOutput) -> End {
    let deadline = ContinuousClock.now + limit
    var isCancelled = false
    var isLate = false
    var killing: ContinuousClock.Instant?
    while true {
      var descriptors = [child.output, child.errors].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      // Both ends are closed when the program ends; what then comes is looked at now and then.
      if poll(&descriptors, 2, Self.interval) > 0, !output.read(from: child) {
        usleep(UInt32(Self.interval) * 1000 / 4)
      }
      note(output.progress)
      if let status = child.status() {
        // Whatever it has started ends with it, and holds no lock.
        child.send(SIGKILL)
        while output.read(from: child) {}
        return End(status: status, isCancelled: isCancelled, isLate: isLate)
      }
      if killing == nil {
        isCancelled = folder.isCancellationRequested(job.id)
        isLate = ContinuousClock.now > deadline
        guard isCancelled || isLate else { continue }
        child.send(SIGTERM)
        killing = .now + .seconds(2)
      } else if let time = killing, ContinuousClock.now > time {
        child.send(SIGKILL)
      }
    }
  }

  /// Writes the progress down when it is new.
  private func note(_ progress: RetrainingJob.Progress?) {
    guard let progress, progress != job.progress else { return }
    job.progress = progress
    // A full disk is for the training to find.
    try? folder.write(job, parameters: parameters)
  }

  private func settle(_ end: End, _ output: TrainingOutput) {
    if case .exit(0) = end.status, let members = output.result, Self.isResult(members) {
      result =
        members.filter { !$0.isNamed("job") } + [.init(name: "job", value: .string(job.id))]
      var writer = JSONWriter()
      writer.value(.object(result!))
      try? folder.write(writer.bytes, to: folder.file(job.id, "result.json"))
      return self.end(.succeeded)
    }
    if end.isCancelled { return self.end(.cancelled) }
    if end.isLate {
      let seconds = Int(limit / .seconds(1))
      let words = "The training took longer than \(seconds) seconds and was ended."
      return self.end(.failed, failure("time_limit", words))
    }
    if let failure = output.failure { return self.end(.failed, failure) }
    switch end.status {
    case .signal(let number):
      let cause = number == SIGKILL ? ", perhaps for lack of memory" : ""
      self.end(.failed, failure("killed", "The training was ended by signal \(number)\(cause)."))
    case .exit(0):
      self.end(.failed, failure("no_result", "The training ended without a result."))
    case .exit(let code):
      let complaint = output.complaint.map { ": \($0.publicWords)" } ?? "."
      self.end(
        .failed,
        failure("training_failed", "The training ended with status \(code)\(complaint)"))
    }
  }

  private func failure(_ code: String, _ detail: String) -> RetrainingJob.Failure {
    RetrainingJob.Failure(code: code, detail: detail)
  }

  /// Whether a result holds what an answer is made of.
  private static func isResult(_ members: [JSONValue.Member]) -> Bool {
    func value(_ name: String) -> JSONValue? { members.first { $0.isNamed(name) }?.value }
    guard case .string? = value("model_version"), case .bool? = value("promoted") else {
      return false
    }
    return true
  }

  private func end(_ state: RetrainingJob.State, _ error: RetrainingJob.Failure? = nil) {
    job.finish(state, error)
    try? folder.write(job, parameters: parameters)
  }
}
