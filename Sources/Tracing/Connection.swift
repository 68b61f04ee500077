import POSIX

/// A connection of TCP for one request and its answer, which never waits beyond its time.
enum Connection {
  /// The most bytes of an answer that are read; its head is in the first of them.
  private static let answerLimit = 1 << 16
  /// How often it is asked how much time is left, in milliseconds.
  private static let step = 50

  /// Sends a request and reads the answer until the other side ends it.
  ///
  /// Only the look for a name's address waits as long as the system says.
  ///
  /// - Parameter time: the milliseconds that are left.
  /// - Throws: `SystemError` when nobody is reached, or the time is over.
  static func exchange(
    _ request: [UInt8], with host: String, _ port: String, time: () -> Int
  ) throws(SystemError) -> [UInt8] {
    let subject = "\(host):\(port)"
    let socket = try connected(host, port, subject, time)
    defer { close(socket) }
    var sent = 0
    while sent < request.count {
      try wait(socket, POLLOUT, subject, time)
      let count = try attempt("send", subject) {
        request.withUnsafeBytes {
          send(socket, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
        }
      }
      sent += count ?? 0
    }
    var answer = [UInt8](repeating: 0, count: answerLimit)
    var received = 0
    while received < answer.count {
      try wait(socket, POLLIN, subject, time)
      let count = try attempt("recv", subject) {
        answer.withUnsafeMutableBytes {
          recv(socket, $0.baseAddress! + received, $0.count - received, 0)
        }
      }
      if count == 0 { break }
      received += count ?? 0
    }
    return Array(answer[..<received])
  }

  private static func connected(
    _ host: String, _ port: String, _ subject: String, _ time: () -> Int
  ) throws(SystemError) -> Int32 {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, port, &hints, &found)
    guard code == 0, let first = found else {
      throw SystemError("getaddrinfo", subject, reason: String(cString: gai_strerror(code)))
    }
    defer { freeaddrinfo(first) }
    var failure = SystemError("connect", subject, code: ECONNREFUSED)
    for address in sequence(first: first, next: { $0.pointee.ai_next }) {
      do throws(SystemError) {
        return try connected(address.pointee, subject, time)
      } catch {
        failure = error
      }
    }
    throw failure
  }

  private static func connected(
    _ address: addrinfo, _ subject: String, _ time: () -> Int
  ) throws(SystemError) -> Int32 {
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = try systemCall("socket", subject) { socket(address.ai_family, Int32(kind), 0) }
    do throws(SystemError) {
      if connect(descriptor, address.ai_addr, address.ai_addrlen) != 0 {
        guard errno == EINPROGRESS else { throw SystemError("connect", subject) }
        try wait(descriptor, POLLOUT, subject, time)
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        guard code == 0 else { throw SystemError("connect", subject, code: code) }
      }
      return descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Waits until a socket is ready, or has failed, which the next call tells.
  private static func wait(
    _ socket: Int32, _ event: Int32, _ subject: String, _ time: () -> Int
  ) throws(SystemError) {
    while true {
      let left = time()
      guard left > 0 else { throw SystemError("poll", subject, code: ETIMEDOUT) }
      var state = pollfd(fd: socket, events: Int16(event), revents: 0)
      if poll(&state, 1, Int32(min(left, step))) > 0 { return }
    }
  }

  /// - Returns: nil when the socket was not ready after all.
  private static func attempt(
    _ name: String, _ subject: String, _ call: () -> Int
  ) throws(SystemError) -> Int? {
    let count = call()
    if count >= 0 { return count }
    guard errno == EAGAIN || errno == EINTR else { throw SystemError(name, subject) }
    return nil
  }
}
