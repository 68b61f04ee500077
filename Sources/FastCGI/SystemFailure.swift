import Glibc

/// A system call of the server that failed.
public struct SystemFailure: Error, Equatable, CustomStringConvertible {
  /// For example `bind run/responder.sock: Permission denied`.
  public let description: String

  init(_ call: String, _ subject: String) {
    description = "\(call) \(subject): \(String(cString: strerror(errno)))"
  }

  init(message: String) {
    description = message
  }
}
