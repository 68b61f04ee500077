import Accounts
import FastCGI
import Logging
import POSIX
import Records

/// Lets those predict who have a name or a key, where not everybody may.
struct PredictionAccess: Sendable {
  private let administrators: Administrators
  private let keys: WatchedFile<KeyFile>?
  private let quotas = KeyQuotas()

  /// - Parameter path: the file of keys; nil when names alone open.
  init(_ administrators: Administrators, keys path: String?) {
    self.administrators = administrators
    let logger = administrators.logger
    keys = path.map { path in
      WatchedFile(path, parse: { KeyFile($0) }) { _, failure in
        // Until the first key is made there is no file.
        guard let failure, failure.code != ENOENT else { return }
        logger.error("keys not readable", metadata: ["reason": "\(failure)"])
      }
    }
  }

  /// The same answer, after the question who asks.
  func guarding(_ answer: @escaping Answer) -> Answer {
    { (request, trace) throws(ServiceError) in
      var trace = trace
      let requester = try self.requester(of: request)
      trace.requester = requester
      var outcome = try answer(request, trace)
      outcome.record?.requestedBy = requester
      return outcome
    }
  }

  /// Whether it is known without waiting for anything who asks: nobody who says so, a key that is good, or
  /// somebody who has signed in before.
  func knows(_ request: borrowing Request) -> Bool {
    guard let header = request.authorization else { return true }
    guard case .key(let key) = try? Credentials(header) else {
      return administrators.known(request) != nil
    }
    return keys?.current?.value.holder(of: key) != nil
  }

  /// Who asks: a person's name, or a key's behind `key:`, which no person's name begins with.
  ///
  /// - Parameter counts: whether a key's quota is charged.
  /// - Throws: `ServiceError.access`.
  func requester(
    of request: borrowing Request, counts: Bool = true
  ) throws(ServiceError) -> String {
    let address = request.address
    switch try administrators.credentials(of: request) {
    case nil, .other: throw .access(.keyRequired)
    case .person(let name, let password):
      do throws(ServiceError) {
        return try administrators.person(name, password, from: address).name
      } catch .access(.unauthorized) {
        // A key would do as well.
        throw .access(.keyRequired)
      }
    case .key(let key):
      let edition = keys?.current
      if keys != nil, edition == nil { throw .access(.accountsNotReadable) }
      guard let holder = edition?.value.holder(of: key) else {
        administrators.refused("a key", from: address, reason: "wrong")
        throw .access(.keyRequired)
      }
      if counts, let wait = quotas.charge(holder, at: .now) {
        throw .access(.quotaExceeded(seconds: wait.secondsToWait))
      }
      return "key:\(holder.name)"
    }
  }
}

/// How often each key has asked this process of late.
final class KeyQuotas: @unchecked Sendable {
  // `@unchecked Sendable` because `buckets` is protected by `lock`.
  private let lock = Lock()
  /// No more than there are keys in the file, give and take those that were revoked meanwhile.
  private var buckets: [String: TokenBucket] = [:]

  /// Counts a request.
  ///
  /// - Returns: how long to wait, when there were too many; that one is not counted.
  func charge(_ key: AccessKey, at now: ContinuousClock.Instant) -> Duration? {
    lock.whileHeld {
      var bucket =
        buckets[key.digest]
        ?? TokenBucket(capacity: key.perMinute, perMinute: key.perMinute, at: now)
      if let wait = bucket.wait(at: now) { return wait }
      bucket.take(at: now)
      buckets[key.digest] = bucket
      return nil
    }
  }
}
