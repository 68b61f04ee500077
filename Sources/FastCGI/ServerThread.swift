import CFastCGI
import Glibc
import Synchronization

/// A thread of the server.
final class ServerThread: Sendable {
  private static let stackSize = 512 * 1024

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    let hasEnded = Atomic(false)

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private let work: Work
  private let thread: pthread_t

  /// Starts a thread.
  ///
  /// - Throws: `SystemFailure` when the system refuses it.
  init(_ body: @escaping @Sendable () -> Void) throws(SystemFailure) {
    work = Work(body)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, Self.stackSize)
    let retained = Unmanaged.passRetained(work)
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, &attributes,
      { context in
        let work = Unmanaged<Work>.fromOpaque(context!).takeRetainedValue()
        work.body()
        work.hasEnded.store(true, ordering: .releasing)
        return nil
      }, retained.toOpaque())
    guard failure == 0 else {
      retained.release()
      errno = failure
      throw SystemFailure("pthread_create", "a server thread")
    }
    self.thread = thread
  }

  var hasEnded: Bool { work.hasEnded.load(ordering: .acquiring) }

  func join() { pthread_join(thread, nil) }
}
