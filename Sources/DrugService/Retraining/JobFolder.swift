import FoundationEssentials
import POSIX
import Patients

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
    /// One is running, or ends just now; its identifier is nil when it cannot be read.
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
  ) throws(Refusal) -> (job: RetrainingJob, lock: FileLock, interrupted: [RetrainingJob]) {
    let begun: (RetrainingJob, FileLock, [RetrainingJob])?
    do throws(SystemError) {
      // The folder of models too, for the first model of all.
      try DurableFile.makeFolders(path, mode: PrivateFile.folderMode)
      PrivateFile.withdraw(PrivateFile.everybodyElse, from: path)
      let turn = try file("turn")
      try turn.take()
      let lock = try file("lock")
      // Both are given back when they are closed, not before.
      begun = try withExtendedLifetime(turn) { () throws(SystemError) in
        guard try lock.takeIfFree() else { return nil }
        let interrupted = settle()
        let job = RetrainingJob(id: Self.newIdentifier(), user: user)
        try make(job, parameters)
        return (job, lock, interrupted)
      }
    } catch {
      throw .system(error)
    }
    guard let begun else {
      // One that has ended keeps the lock until its end is told.
      let known = identifiers
      throw .busy(known.first { read($0)?.state == .running } ?? known.first)
    }
    return begun
  }

  /// Makes the folder of a job.
  private func make(_ job: RetrainingJob, _ parameters: String) throws(SystemError) {
    prune()
    do throws(SystemError) {
      try DurableFile.makeFolders("\(path)/\(job.id)", mode: PrivateFile.folderMode)
      try DurableFile.write(Array(parameters.utf8), to: file(job.id, "request.json"))
      try write(job, parameters: parameters)
    } catch {
      remove(job.id)
      throw error
    }
  }

  /// Ends the jobs that say that they are running although nobody holds the lock.
  ///
  /// - Returns: those jobs.
  func settleInterrupted() -> [RetrainingJob] {
    guard let turn = try? file("turn"), (try? turn.take()) != nil, let lock = try? file("lock"),
      (try? lock.takeIfFree()) == true
    else { return [] }
    // Both are given back when they are closed, not before.
    return withExtendedLifetime((turn, lock)) { settle() }
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
    guard (try? JSONParser.parse(Array(bytes), .unlimited)) != nil else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Writes what is known of a job.
  ///
  /// A full disk may have no room for a second file even for an instant: the end of a job is then
  /// written over the old state.
  func write(_ job: RetrainingJob, parameters: String) throws(SystemError) {
    var writer = JSONWriter()
    writer.write(job, parameters: parameters, result: nil)
    let path = file(job.id, "status.json")
    do throws(SystemError) {
      try DurableFile.write(writer.bytes, to: path)
    } catch {
      guard job.state != .running else { throw error }
      try overwrite(writer.bytes, path)
    }
  }

  private func overwrite(_ bytes: [UInt8], _ path: String) throws(SystemError) {
    let file = try FileDescriptor(opening: path, O_WRONLY)
    defer { file.close() }
    try file.write(bytes)
    try systemCall("ftruncate", path) { ftruncate(file.number, off_t(bytes.count)) }
  }

  /// Asks whoever runs a job to end it.
  func requestCancellation(_ id: String, by user: String) throws(SystemError) {
    try DurableFile.write(Array(user.utf8), to: file(id, "cancel"))
  }

  func isCancellationRequested(_ id: String) -> Bool { FileStatus.exists(file(id, "cancel")) }

  /// Removes the oldest jobs.
  private func prune() {
    for id in identifiers.dropFirst(Self.keptCount - 1) { remove(id) }
  }

  private func remove(_ id: String) {
    try? FileManager.default.removeItem(atPath: "\(path)/\(id)")
  }

  private func file(_ name: String) throws(SystemError) -> FileLock {
    try FileLock("\(path)/\(name)")
  }

  /// An identifier that sorts behind those before it: the time and a random number.
  private static func newIdentifier() -> String {
    UInt64(Moment.now.microseconds).hexadecimal(digitCount: 14) + "-"
      + UInt32.random(in: 0 ... .max).hexadecimal(digitCount: 8)
  }

  static func isIdentifier(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    return parts.count == 2 && UInt64(hexadecimal: parts[0], digitCount: 14) != nil
      && UInt32(hexadecimal: parts[1], digitCount: 8) != nil
  }
}
