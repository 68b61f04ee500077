import Linux
import POSIX
import Patients

/// One retraining on its way: a thread of its own starts the program, follows it and writes down what
/// it says.
final class RetrainingRun: @unchecked Sendable {
  // `@unchecked Sendable` because `job`, `result` and `lock` belong to the thread.

  /// A job that is over, and what it has led to.
  typealias End = (job: RetrainingJob, result: [JSONValue.Member]?)

  /// How often a job is looked after, in milliseconds.
  private static let interval: Int32 = 100

  /// The job as it was when it began.
  let start: RetrainingJob
  private let folder: JobFolder
  private let parameters: String
  private let command: [String]
  private let limit: Duration
  private var lock: FileLock?
  private let finish: @Sendable (RetrainingJob, _ result: [JSONValue.Member]?) -> Void
  private let end = Promise<End>()
  private var job: RetrainingJob
  private var result: [JSONValue.Member]?

  /// Prepares a job.
  ///
  /// - Parameters:
  ///   - lock: the lock on the folder, which this takes over.
  ///   - finish: called when the job is over and written down, before the next can begin.
  init(
    _ job: RetrainingJob, in folder: JobFolder, parameters: String, command: [String],
    limit: Duration, lock: FileLock,
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
    do throws(SystemError) {
      _ = try Thread { self.work() }
    } catch {
      settle(.failed, failure("not_started", "There is no thread to follow the training."))
      conclude()
    }
  }

  /// Waits for the end; to be called once.
  ///
  /// - Returns: nil when nobody wants to know it any more.
  func wait(while isWanted: () -> Bool) -> End? { end.wait(while: isWanted) }

  private func work() {
    run()
    conclude()
  }

  private func conclude() {
    finish(job, result)
    // The next may begin.
    lock = nil
    end.fulfil((job, result))
  }

  private func run() {
    guard let lock else { return }
    let child: ChildProcess
    do throws(SystemError) {
      child = try ChildProcess(command, lock: lock.file)
    } catch {
      let words = "The training could not be started: \(error.reason)."
      return settle(.failed, failure("not_started", words))
    }
    defer { child.closeStreams() }
    var output = TrainingOutput()
    let exit = follow(child, &output)
    output.finish()
    try? DurableFile.write(output.text, to: folder.file(job.id, "output"))
    settle(exit, output)
  }

  /// How a program's run ended.
  private struct Exit {
    let status: ChildProcess.Status
    let isCancelled: Bool
    let isLate: Bool
  }

  private func follow(_ child: ChildProcess, _ output: inout TrainingOutput) -> Exit {
    let deadline = ContinuousClock.now + limit
    var isCancelled = false
    var isLate = false
    var killing: ContinuousClock.Instant?
    while true {
      // Both ends are closed when the program ends; what then comes is looked at now and then.
      if child.waitForOutput(milliseconds: Self.interval), !output.read(from: child) {
        usleep(UInt32(Self.interval) * 1000 / 4)
      }
      note(output.progress)
      if let status = child.status() {
        // Whatever it has started ends with it, and holds no lock.
        child.send(SIGKILL)
        while output.read(from: child) {}
        return Exit(status: status, isCancelled: isCancelled, isLate: isLate)
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

  private func settle(_ exit: Exit, _ output: TrainingOutput) {
    if case .exit(0) = exit.status, let members = output.result, Self.isResult(members) {
      let own = members.filter { !$0.isNamed("job") } + [.init(name: "job", value: .string(job.id))]
      result = own
      var writer = JSONWriter()
      writer.value(.object(own))
      try? DurableFile.write(writer.bytes, to: folder.file(job.id, "result.json"))
      return settle(.succeeded)
    }
    if exit.isCancelled { return settle(.cancelled) }
    if exit.isLate {
      let seconds = Int(limit / .seconds(1))
      let words = "The training took longer than \(seconds) seconds and was ended."
      return settle(.failed, failure("time_limit", words))
    }
    if let failure = output.failure { return settle(.failed, failure) }
    switch exit.status {
    case .signal(let number):
      let cause = number == SIGKILL ? ", perhaps for lack of memory" : ""
      settle(.failed, failure("killed", "The training was ended by signal \(number)\(cause)."))
    case .exit(0):
      settle(.failed, failure("no_result", "The training ended without a result."))
    case .exit(let code):
      let complaint = output.complaint.map { ": \($0.publicWords)" } ?? "."
      settle(
        .failed,
        failure("training_failed", "The training ended with status \(code)\(complaint)"))
    }
  }

  private func failure(_ code: String, _ detail: String) -> RetrainingJob.Failure {
    RetrainingJob.Failure(code: code, detail: detail)
  }

  /// Whether a result holds what an answer is made of.
  private static func isResult(_ members: [JSONValue.Member]) -> Bool {
    guard case .string? = members.value(of: "model_version"),
      case .bool? = members.value(of: "promoted")
    else { return false }
    return true
  }

  private func settle(_ state: RetrainingJob.State, _ error: RetrainingJob.Failure? = nil) {
    job.finish(state, error)
    try? folder.write(job, parameters: parameters)
  }
}
