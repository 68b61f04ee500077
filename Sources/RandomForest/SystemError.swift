import Glibc

/// A system call that failed: which, on what, and why.
public struct SystemError: Error, Equatable, CustomStringConvertible {
  /// The call's name.
  public let call: String
  /// The path it was given.
  public let path: String
  /// The value of `errno`.
  public let code: Int32

  /// The error of a call that has just failed.
  public init(_ call: String, _ path: String) {
    self.call = call
    self.path = path
    code = errno
  }

  /// For example `open models/a: No such file or directory`.
  public var description: String { "\(call) \(path): \(String(cString: strerror(code)))" }
}
