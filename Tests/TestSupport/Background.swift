import Glibc

/// A test's work on a thread of its own.
public final class Background<Value: Sendable>: @unchecked Sendable {
  // `@unchecked Sendable` because `result` is written before the thread ends and read after.
  private var result: Result<Value, any Error>?
  private let thread: PlainThread

  /// Starts the work.
  public init(_ work: @escaping @Sendable () throws -> Value) {
    thread = PlainThread()
    thread.start { self.result = Result { try work() } }
  }

  /// Waits for the work's end.
  public func value() throws -> Value {
    thread.join()
    return try result!.get()
  }
}

/// A thread of the system: blocking calls would starve the cooperative ones.
private final class PlainThread: @unchecked Sendable {
  // `@unchecked Sendable` because `thread` and `work` are written before the thread starts.
  private var work: (@Sendable () -> Void)?
  private var thread = pthread_t()

  func start(_ work: @escaping @Sendable () -> Void) {
    self.work = work
    let failure = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<PlainThread>.fromOpaque(context!).takeRetainedValue().work?()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    precondition(failure == 0, "a thread cannot be started")
  }

  func join() { pthread_join(thread, nil) }
}
