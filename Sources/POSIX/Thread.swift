import Synchronization

/// A thread of the system, for work that blocks: Swift's own threads are few.
package final class Thread: Sendable {
  private final class Work: Sendable {
    let body: @Sendable () -> Void
    let hasEnded = Atomic(false)

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private let work: Work
  private let thread: pthread_t
  private let isJoined = Atomic(false)

  /// Starts a thread, which goes on to its end whether or not anybody waits for it.
  ///
  /// - Parameter stackSize: the bytes of its stack; nil for what the system gives.
  /// - Throws: `SystemError` when the system refuses it.
  package init(
    stackSize: Int? = nil, _ body: @escaping @Sendable () -> Void
  ) throws(SystemError) {
    work = Work(body)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    if let stackSize { pthread_attr_setstacksize(&attributes, stackSize) }
    let retained = Unmanaged.passRetained(work)
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let failure = pthread_create(&thread, &attributes, { Thread.run($0) }, retained.toOpaque())
    guard failure == 0 else {
      retained.release()
      throw SystemError("pthread_create", "a thread", code: failure)
    }
    #if canImport(Darwin)
      self.thread = thread!
    #else
      self.thread = thread
    #endif
  }

  // Darwin gives a pointer that is never null, others one that could be.
  private static func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let work = Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
    work.body()
    work.hasEnded.store(true, ordering: .releasing)
    return nil
  }

  deinit { if !isJoined.load(ordering: .relaxed) { pthread_detach(thread) } }

  /// Whether its work is done.
  package var hasEnded: Bool { work.hasEnded.load(ordering: .acquiring) }

  /// Waits for its end; to be called once.
  package func join() {
    isJoined.store(true, ordering: .relaxed)
    pthread_join(thread, nil)
  }

  /// How many threads the processors run at once.
  package static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
