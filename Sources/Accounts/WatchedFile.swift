package import POSIX

/// What a small file holds, read again when the file has changed.
///
/// A reading that the system refuses (no descriptor is left, the disk fails) takes nothing from what was read
/// before, and is tried again. A file that is gone is an empty one: what stood in it is no longer so.
package final class WatchedFile<Value: Sendable>: @unchecked Sendable {
  // `@unchecked Sendable` because `known`, `failure` and `due` are protected by `lock`.

  /// What was read, and a number that changes with each reading.
  package struct Edition: Sendable {
    /// What the file holds.
    package let value: Value
    /// The reading's number.
    package let number: Int
  }

  /// How long a reading that failed is not tried again.
  package static var rest: Duration { .seconds(1) }

  private let path: String
  private let parse: @Sendable (String) -> Value
  private let report: @Sendable (Value?, SystemError?) -> Void
  private let lock = Lock()
  private var known: (edition: Edition, status: FileStatus?)?
  /// Why the last reading failed; nil when it did not.
  private var failure: SystemError?
  private var due = ContinuousClock.now

  /// Names the file; it is read when it is first asked for.
  ///
  /// - Parameters:
  ///   - parse: makes sense of its text, of an empty one when it is not there.
  ///   - report: told of each reading, and why it failed; once of a failure that comes again.
  package init(
    _ path: String, parse: @escaping @Sendable (String) -> Value,
    report: @escaping @Sendable (Value?, SystemError?) -> Void = { _, _ in }
  ) {
    self.path = path
    self.parse = parse
    self.report = report
  }

  /// What the file holds now, or held when it could last be read; nil when it never could.
  package var current: Edition? { current(at: .now) }

  func current(at now: ContinuousClock.Instant) -> Edition? {
    lock.whileHeld {
      if failure != nil, now < due { return known?.edition }
      do throws(SystemError) {
        // The status of before the reading: what is written meanwhile is another.
        let status = try FileStatus.found(at: path)
        if failure == nil, let known, known.status == status { return known.edition }
        let text = status == nil ? "" : try AccountFile.read(path)
        let edition = Edition(value: parse(text), number: (known?.edition.number ?? 0) + 1)
        known = (edition, status)
        failure = nil
        report(edition.value, status == nil ? SystemError("open", path, code: ENOENT) : nil)
        return edition
      } catch {
        due = now + Self.rest
        if error != failure { report(nil, error) }
        failure = error
        return known?.edition
      }
    }
  }
}
