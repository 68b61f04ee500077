package import POSIX

/// What a small file holds, read again when the file has changed.
package final class WatchedFile<Value: Sendable>: @unchecked Sendable {
  // `@unchecked Sendable` because `known` is protected by `lock`.

  /// What was read, and a number that changes with each reading.
  package struct Edition: Sendable {
    /// What the file holds.
    package let value: Value
    /// The reading's number.
    package let number: Int
  }

  private let path: String
  private let parse: @Sendable (String) -> Value
  private let report: @Sendable (Value, SystemError?) -> Void
  private let lock = Lock()
  private var known: (edition: Edition, status: FileStatus?)?

  /// Names the file; it is read when it is first asked for.
  ///
  /// - Parameters:
  ///   - parse: makes sense of its text, of an empty one when it cannot be read.
  ///   - report: told of each reading, and why it failed.
  package init(
    _ path: String, parse: @escaping @Sendable (String) -> Value,
    report: @escaping @Sendable (Value, SystemError?) -> Void = { _, _ in }
  ) {
    self.path = path
    self.parse = parse
    self.report = report
  }

  /// What the file holds now.
  package var current: Edition {
    lock.whileHeld {
      let status = FileStatus(of: path)
      if let known, known.status == status { return known.edition }
      var text = ""
      var failure: SystemError?
      do throws(SystemError) {
        text = try AccountFile.read(path)
      } catch {
        failure = error
      }
      let edition = Edition(value: parse(text), number: (known?.edition.number ?? 0) + 1)
      // The status of before the reading: what is written meanwhile is another.
      known = (edition, status)
      report(edition.value, failure)
      return edition
    }
  }
}
