import CFastCGI
import POSIX
import Synchronization

/// A connection of the web server with libfcgi's state of the request that it carries.
final class Exchange: @unchecked Sendable {
  // `@unchecked Sendable` because it belongs to the event loop while `isTaken` is false, and else to
  // the one thread that reads or answers its request.

  /// Allocated once and never moved: libfcgi's streams keep its address.
  let request: UnsafeMutablePointer<FCGX_Request>
  /// The connection's descriptor, open for as long as the exchange is not `isClosed`.
  let descriptor: Int32
  private let closed = Atomic(false)
  private let taken = Atomic(false)
  /// Whether a thread of the pool may be waiting for bytes.
  let isReading = Atomic(false)
  /// Whether the rest of a head is waited for; of use to the event loop alone.
  var isPartial = false
  /// Called by the thread that has answered, when the connection may carry another request.
  private var giveBack: (() -> Void)?

  /// - Parameter patience: how long a thread waits for more of what has begun, or for its answer to be
  ///   taken, in seconds.
  init(_ connection: Int32, patience: Int) {
    descriptor = connection
    request = .allocate(capacity: 1)
    FCGX_InitRequest(request, -1, FCGI_FAIL_ACCEPT_ON_INTR)
    request.pointee.ipcFd = connection
    // Who begins a body and says no more, or takes nothing of an answer, holds a thread no longer.
    var limit = timeval(tv_sec: patience, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(connection, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
    // Else libfcgi would close the connection before its first request.
    request.pointee.keepConnection = 1
  }

  deinit { request.deallocate() }

  /// Whether a request is being read or answered.
  var isTaken: Bool { taken.load(ordering: .acquiring) }

  /// Whether the connection has ended; its descriptor may be another's by now.
  var isClosed: Bool { closed.load(ordering: .acquiring) }

  /// Takes the exchange out of the event loop's hands.
  func take(_ giveBack: (() -> Void)? = nil) {
    self.giveBack = giveBack
    taken.store(true, ordering: .releasing)
  }

  /// Reads the parameters of the next request, and waits for them.
  ///
  /// - Returns: false when the connection has ended or what came was no request; it is closed then.
  func accept() -> Bool {
    // libfcgi would go on to accept another connection, which its listening descriptor, -1, prevents.
    if FCGX_Accept_r(request) == 0 { return true }
    markClosed()
    return false
  }

  /// Sends the answer, once libfcgi has read the request, and ends the request.
  func send(_ response: Response, isHead: Bool) {
    // It has a stream of input from reading a request until that is finished.
    guard request.pointee.in != nil || accept() else {
      release()
      return
    }
    var isTaken = true
    response.send(isHead: isHead) { bytes in
      isTaken =
        FCGX_PutStr(bytes.baseAddress, Int32(bytes.count), request.pointee.out) == bytes.count
      return isTaken
    }
    // A client that has gone away, or takes nothing, is nobody's fault; nothing else can be told to it,
    // and no end of the answer waits for it.
    if !isTaken { shutdown(descriptor, Int32(SHUT_RDWR)) }
    finish()
  }

  /// Ends the request; the connection is the event loop's again.
  func finish() {
    FCGX_Finish_r(request)
    if request.pointee.ipcFd < 0 { markClosed() }
    release()
  }

  private func release() {
    let giveBack = giveBack
    self.giveBack = nil
    taken.store(false, ordering: .releasing)
    giveBack?()
  }

  /// Closes the connection.
  func close() {
    // Not libfcgi's way, which may wait for the other side to close.
    request.pointee.ipcFd = -1
    FCGX_Free(request, 0)
    POSIX.close(descriptor)
    closed.store(true, ordering: .releasing)
  }

  /// Closes the connection without an answer.
  func drop() {
    close()
    release()
  }

  /// Ends the waiting for bytes that have not come; those that have are still read.
  func stopReading() { shutdown(descriptor, Int32(SHUT_RD)) }

  private func markClosed() {
    request.pointee.ipcFd = -1
    closed.store(true, ordering: .releasing)
  }
}
