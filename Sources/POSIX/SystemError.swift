/// A system call that failed: which, on what, and why.
public struct SystemError: Error, Equatable, CustomStringConvertible {
  /// The call's name.
  public let call: String
  /// The path, or whatever else it was to work on.
  public let path: String
  /// The value of `errno`; 0 when the system would have let it pass and this program does not.
  public let code: Int32
  /// Why, in words.
  public let reason: String

  /// The error of a call that has just failed.
  public init(_ call: String, _ path: String) {
    self.init(call, path, code: errno)
  }

  /// The error of a call that gives its code instead of setting `errno`.
  package init(_ call: String, _ path: String, code: Int32) {
    self.call = call
    self.path = path
    self.code = code
    reason = String(cString: strerror(code))
  }

  /// What this program does not let pass.
  package init(_ call: String, _ path: String, reason: String) {
    self.call = call
    self.path = path
    code = 0
    self.reason = reason
  }

  /// For example `open models/a: No such file or directory`.
  public var description: String { "\(call) \(path): \(reason)" }
}

/// Makes a system call: -1 becomes the error of `errno`, and a call that a signal has interrupted is
/// made again.
///
/// - Parameters:
///   - name: the call's name.
///   - subject: what it works on, for the error.
@discardableResult
@inlinable
package func systemCall<Result: FixedWidthInteger>(
  _ name: String, _ subject: String, _ call: () -> Result
) throws(SystemError) -> Result {
  while true {
    let result = call()
    if result != -1 { return result }
    if errno != EINTR { throw SystemError(name, subject) }
  }
}
