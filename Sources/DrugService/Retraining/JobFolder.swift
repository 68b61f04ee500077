import DrugClassifier
import FoundationEssentials
import Glibc
import RandomForest

/// The folder of retraining jobs, which several processes share: a folder for each job, and the lock
/// that whoever retrains holds.
///
/// A job whose state is `running` while nobody holds the lock was interrupted: its process ended
/// before it could say so.
struct JobFolder: Sendable {
  /// So many jobs are kept.
  static let keptCount = 100

  let path: String

  /// Why a job cannot begin.
  enum Refusal: Error {
    /// One is running; its identifier is nil when it cannot be read.
    case busy(String?)
    case system(SystemError)
  }

  func file(_ id: String, _ name: String) -> String { "\(path)/\(id)/\(name)" }

  /// Begins a job, unless one is running.
  ///
  /// - Parameter parameters: the request, as JSON.
  /// - Returns: the job, the lock that its process holds, and the jobs that were found interrupted.
  func begin(
    user: String, parameters: String
  ) throws(Refusal) -> (job: RetrainingJob, lock: Int32, interrupted: [RetrainingJob]) {
    do throws(SystemError) {
      // The folder of models too, for the first model of all.
      mkdir(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]), 0o755)
      mkdir(path, 0o755)
      let turn = try open("turn")
      defer { close(turn) }
      try FileLock.wait(for: turn, path)
      let lock = try open("lock")
      guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
        close(lock)
        throw SystemError("flock", "\(path)/lock")
      }
      let interrupted = settle()
      let job = RetrainingJob(id: Self.newIdentifier(), user: user)
      do throws(SystemError) {
        prune()
        guard mkdir("\(path)/\(job.id)", 0o755) == 0 else {
          throw SystemError("mkdir", "\(path)/\(job.id)")
        }
        try write(Array(parameters.utf8), to: file(job.id, "request.json"))
        try write(job, parameters: parameters)
      } catch {
        remove(job.id)
        close(lock)
        throw error
      }
      return (job, lock, interrupted)
    } catch {
      if error.code == EWOULDBLOCK {
        throw .busy(identifiers.first { read($0)?.state == .running })
      }
      throw .system(error)
    }
  }

  /// Ends the jobs that say that they are running although nobody holds the lock.
  ///
  /// - Returns: those jobs.
  func settleInterrupted() -> [RetrainingJob] {
    guard let turn = try? open("turn") else { return [] }
    defer { close(turn) }
    guard (try? FileLock.wait(for: turn, path)) != nil, let lock = try? open("lock") else {
      return []
    }
    defer { close(lock) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { return [] }
    return settle()
  }

  /// To be called while the lock is held and nobody runs.
  private func settle() -> [RetrainingJob] {
    identifiers.compactMap { id in
      guard var job = read(id), job.state == .running else { return nil }
      job.finish(.failed, .interrupted)
      try? write(job, parameters: parameters(id))
      return job
    }
  }

  /// The identifiers of all jobs, the newest first.
  var identifiers: [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: path)
    return (names ?? []).filter(Self.isIdentifier).sorted(by: >)
  }

  /// A job as its files tell it; nil when there is none.
  func read(_ id: String) -> RetrainingJob? {
    guard Self.isIdentifier(id),
      let bytes = try? Data(contentsOf: URL(filePath: file(id, "status.json")))
    else { return nil }
    return try? JSONDecoder().decode(RetrainingJob.self, from: bytes)
  }

  /// The request of a job, as JSON.
  func parameters(_ id: String) -> String { json(id, "request.json") ?? "{}" }

  /// What a job has led to, as JSON; nil for nothing.
  func result(_ id: String) -> String? { json(id, "result.json") }

  private func json(_ id: String, _ name: String) -> String? {
    guard let bytes = try? Data(contentsOf: URL(filePath: file(id, name))) else { return nil }
    // What was cut or changed must not spoil an answer.
    guard (try? JSONParser.parse(Array(bytes))) != nil else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Writes what is known of a job.
  ///
  /// A full disk may have no room for a second file even for an instant: the end of a job is then
  /// written over the old state.
  func write(_ job: RetrainingJob, parameters: String) throws(SystemError) {
    var writer = JSONWriter()
    writer.write(job, parameters: parameters, result: nil)
    do throws(SystemError) {
      try write(writer.bytes, to: file(job.id, "status.json"))
    } catch {
      guard job.state != .running else { throw error }
      try overwrite(writer.bytes, file(job.id, "status.json"))
    }
  }

  func write(_ bytes: [UInt8], to path: String) throws(SystemError) {
    do {
      try bytes.withUnsafeBytes { try DurableFile.write($0, to: path) }
    } catch let error as SystemError {
      throw error
    } catch {
      preconditionFailure("writing a file throws errors of the system: \(error)")
    }
  }

  private func overwrite(_ bytes: [UInt8], _ path: String) throws(SystemError) {
    let descriptor = Glibc.open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError("open", path) }
    defer { close(descriptor) }
    guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count,
      ftruncate(descriptor, bytes.count) == 0
    else { throw SystemError("pwrite", path) }
  }

  /// Asks whoever runs a job to end it.
  func requestCancellation(_ id: String, by user: String) throws(SystemError) {
    try write(Array(user.utf8), to: file(id, "cancel"))
  }

  func isCancellationRequested(_ id: String) -> Bool { access(file(id, "cancel"), F_OK) == 0 }

  /// Removes the oldest jobs.
  private func prune() {
    for id in identifiers.dropFirst(Self.keptCount - 1) { remove(id) }
  }

  private func remove(_ id: String) {
    try? FileManager.default.removeItem(atPath: "\(path)/\(id)")
  }

  private func open(_ name: String) throws(SystemError) -> Int32 {
    let descriptor = Glibc.open("\(path)/\(name)", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw SystemError("open", "\(path)/\(name)") }
    return descriptor
  }

  /// An identifier that sorts behind those before it.
  private static func newIdentifier() -> String {
    let time = String(Moment.now.microseconds, radix: 16)
    let chance = String(UInt32.random(in: 0 ... .max), radix: 16)
    return String(repeating: "0", count: 14 - time.count) + time + "-"
      + String(repeating: "0", count: 8 - chance.count) + chance
  }

  static func isIdentifier(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count == 23 && bytes[14] == UInt8(ascii: "-")
      && bytes.allSatisfy { "0123456789abcdef-".utf8.contains($0) }
  }
}
