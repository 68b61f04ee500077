import Accounts
import Logging
import POSIX
import Records

/// Finds out whether a name and a password go together, with as little work as wrong ones may cost.
///
/// Who has signed in is known again by a digest. Everybody else takes a hash, milliseconds of a processor:
/// one at a time, with a few waiting, and none for who has failed too often.
final class SignIn: @unchecked Sendable {
  // `@unchecked Sendable` because `known`, `limits`, `failures` and `asking` are protected by
  // `lock`.

  /// Why somebody is not signed in.
  enum Refusal: Error, Equatable {
    case wrong
    /// The password was not looked at, after too many failures; in so many seconds it would be.
    case tooManyFailures(seconds: Int)
    /// Too many wait to be looked at.
    case busy
    /// The password file cannot be read, and never could.
    case unreadable
  }

  /// How many pairs may be looked at or wait for it.
  private static let room = 9

  private let file: WatchedFile<PasswordFile>?
  private let lock = Lock()
  private let hashing = Lock()
  /// Held by who writes records of failures.
  private let recording = Lock()
  private var known = KnownPairs()
  private var limits: FailureLimits
  private var failures: FailureLedger
  private var asking: [String: Promise<Result<Person, Refusal>>] = [:]

  /// - Parameter path: the password file; nil when nobody may sign in.
  init(_ path: String?, logger: Logger, at now: ContinuousClock.Instant = .now) {
    limits = FailureLimits(at: now)
    failures = FailureLedger(at: now)
    file = path.map { path in
      WatchedFile(path, parse: PasswordFile.init) { file, failure in
        if let failure {
          logger.error("password file not readable", metadata: ["reason": "\(failure)"])
        }
        // A line that is not understood is not told: a password may stand in it.
        for fault in file?.faults ?? [] {
          logger.error(
            "line of the password file not in force",
            metadata: ["line": "\(fault.line)", "reason": "\(fault.reason)"])
        }
      }
    }
    // Read now, so that what is wrong with it is told at the start.
    _ = file?.current
  }

  /// Whose name and password these are.
  func person(
    _ name: String, _ password: String, from address: String,
    at now: ContinuousClock.Instant = .now
  ) throws(Refusal) -> Person {
    guard let file else { throw .wrong }
    guard let edition = file.current else { throw .unreadable }
    let digest = lock.whileHeld { known.digest(of: name, password) }
    if let person = try lookUp(digest, edition.number, address, now) { return person }
    let question = "\(edition.number) \(digest)"
    let answer = Promise<Result<Person, Refusal>>()
    let result: Result<Person, Refusal>
    if let asked = try ask(question, answer) {
      result = asked.wait()
    } else {
      result = hashing.whileHeld { () -> Result<Person, Refusal> in
        do throws(Refusal) {
          // Those before may have been one failure too many.
          if let person = try lookUp(digest, edition.number, address, now) {
            return .success(person)
          }
          return Self.check(name, password, edition.value).map { .success($0) } ?? .failure(.wrong)
        } catch {
          return .failure(error)
        }
      }
      lock.whileHeld {
        asking[question] = nil
        if case .success(let person) = result {
          known.insert(digest, person, edition: edition.number, at: now)
        }
      }
      answer.fulfil(result)
    }
    lock.whileHeld {
      switch result {
      case .success: limits.succeeded(address, at: now)
      case .failure(.wrong): limits.failed(address, at: now)
      case .failure: break
      }
    }
    return try result.get()
  }

  /// Who has signed in before with a name and a password; nil for those who have to be looked at.
  func known(
    _ name: String, _ password: String, at now: ContinuousClock.Instant = .now
  ) -> Person? {
    guard let edition = file?.current else { return nil }
    return lock.whileHeld {
      known.person(known.digest(of: name, password), edition: edition.number, at: now)
    }
  }

  /// Who is known already; nil for somebody whose password may be looked at.
  private func lookUp(
    _ digest: String, _ edition: Int, _ address: String, _ now: ContinuousClock.Instant
  ) throws(Refusal) -> Person? {
    try lock.whileHeld { () throws(Refusal) in
      if let person = known.person(digest, edition: edition, at: now) { return person }
      guard let wait = limits.wait(for: address, at: now) else { return nil }
      throw .tooManyFailures(seconds: wait.secondsToWait)
    }
  }

  /// Who is at work on the same question already, as when a program's first requests come together; nil for
  /// who has to do it, and gives the answer to the others.
  private func ask(
    _ question: String, _ answer: Promise<Result<Person, Refusal>>
  ) throws(Refusal) -> Promise<Result<Person, Refusal>>? {
    try lock.whileHeld { () throws(Refusal) in
      if let asked = asking[question] { return asked }
      guard asking.count < Self.room else { throw .busy }
      asking[question] = answer
      return nil
    }
  }

  /// Counts a failure for the audit.
  ///
  /// - Parameter name: as it may stand there.
  func note(_ name: String, from address: String, at now: ContinuousClock.Instant = .now) {
    lock.whileHeld { failures.note(address: address, name: name, at: now) }
  }

  /// Hands the records of failures that are due to who keeps them; what cannot be kept waits.
  ///
  /// - Parameter keep: says how long the others are to wait; nil when it has kept one.
  func handOutRecords(
    at now: ContinuousClock.Instant = .now, _ keep: (AuditAct) -> Duration?
  ) {
    recording.whileHeld {
      let acts = lock.whileHeld { failures.due(at: now) }
      for (place, act) in acts.enumerated() {
        guard let delay = keep(act) else { continue }
        lock.whileHeld { failures.putBack(Array(acts[place...]), until: now + delay) }
        return
      }
    }
  }

  /// Compares a password with its hash. Where there is no such name, another's hash is made, always the
  /// same one's, so that a wrong name takes as long as a wrong password.
  private static func check(
    _ name: String, _ password: String, _ file: PasswordFile
  ) -> Person? {
    guard password.utf8.count <= PasswordHash.maximumPasswordLength else { return nil }
    if let entry = file[name] { return entry.hash.matches(password) ? entry.person : nil }
    guard !file.entries.isEmpty else { return nil }
    let other = name.utf8.reduce(5381) { ($0 &* 33 &+ Int($1)) & 0xffff_ffff }
    _ = file.entries[other % file.entries.count].hash.matches(password)
    return nil
  }
}
