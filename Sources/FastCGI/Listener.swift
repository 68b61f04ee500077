public import POSIX

/// A listening unix socket.
///
/// libfcgi's own `FCGX_OpenSocket` is not used: it takes the permissions from the umask and ends
/// the process when it fails.
public final class Listener: Sendable {
  /// The most connections that may wait; a shorter queue turns bursts into errors.
  public static let backlog: Int32 = 4096
  /// The user and the group may connect.
  private static let mode: mode_t = 0o660

  let descriptor: Int32
  /// The path to remove at the end, nil for a socket that a supervisor owns.
  private let path: String?

  /// Binds a socket that its user and group may connect to (mode 0660).
  ///
  /// A socket that nobody listens on is replaced; a file, or a socket in use, is not.
  ///
  /// - Throws: `SystemError` naming call, path and reason.
  public init(path: String) throws(SystemError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard path.utf8.count < capacity else {
      throw SystemError(
        "bind", path, reason: "the path has more than \(capacity - 1) bytes")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }

    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SystemError("socket", path) }
    do throws(SystemError) {
      try Self.removeStale(path, address)
      // The mode before the name, so that no moment lets anybody else in; then again, because the
      // umask has taken bits away.
      guard fchmod(descriptor, Self.mode) == 0 else { throw SystemError("fchmod", path) }
      guard Self.call(bind, descriptor, address) == 0 else { throw SystemError("bind", path) }
      guard chmod(path, Self.mode) == 0 else { throw SystemError("chmod", path) }
      guard listen(descriptor, Self.backlog) == 0 else { throw SystemError("listen", path) }
      Self.neverBlock(descriptor)
    } catch {
      close(descriptor)
      throw error
    }
    self.path = path
  }

  /// Takes over a unix socket that a supervisor has opened, nil when the descriptor is none that
  /// listens. Whoever reaches the socket can end the process, so none of a network is taken.
  public init?(inherited descriptor: Int32) {
    guard Self.option(SO_ACCEPTCONN, of: descriptor) == 1,
      Self.option(SO_DOMAIN, of: descriptor) == AF_UNIX
    else { return nil }
    self.descriptor = descriptor
    path = nil
    Self.neverBlock(descriptor)
  }

  deinit {
    if let path { unlink(path) }
    close(descriptor)
  }

  /// Lets `accept` return at once when another process has taken the connection that there was.
  private static func neverBlock(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  }

  private static func removeStale(
    _ path: String, _ address: sockaddr_un
  ) throws(SystemError) {
    guard let status = FileStatus(of: path, followsLinks: false) else { return }
    guard status.isSocket else {
      throw SystemError("bind", path, reason: "it exists and is not a socket")
    }
    // Non-blocking: the queue of a socket in use may be full.
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let probe = socket(AF_UNIX, Int32(kind), 0)
    guard probe >= 0 else { throw SystemError("socket", path) }
    defer { close(probe) }
    if call(connect, probe, address) == 0 || errno == EAGAIN {
      throw SystemError("bind", path, reason: "another process listens on it")
    }
    // Only this answer says that nobody listens; a socket of somebody else may refuse otherwise.
    guard errno == ECONNREFUSED else { throw SystemError("connect", path) }
    guard unlink(path) == 0 else { throw SystemError("unlink", path) }
  }

  private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
  }

  private static func call(
    _ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ descriptor: Int32,
    _ address: sockaddr_un
  ) -> Int32 {
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
