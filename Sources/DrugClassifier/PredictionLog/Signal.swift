import Glibc

/// A counting semaphore (POSIX).
final class Semaphore: @unchecked Sendable {
  // `@unchecked Sendable` because a semaphore is made for it.
  private let semaphore: UnsafeMutablePointer<sem_t>

  init() {
    semaphore = .allocate(capacity: 1)
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func signal() { sem_post(semaphore) }

  func wait() {
    while sem_wait(semaphore) != 0 {}
  }
}

/// Lets one thread wait for what another finds out.
final class Signal: @unchecked Sendable {
  // `@unchecked Sendable` because the outcome is written before the semaphore is raised and read
  // after it.
  private let semaphore = Semaphore()
  private var outcome: PredictionLogError?

  func send(_ outcome: PredictionLogError?) {
    self.outcome = outcome
    semaphore.signal()
  }

  func wait() -> PredictionLogError? {
    semaphore.wait()
    return outcome
  }
}

/// A thread that runs until its work is done.
enum Thread {
  private final class Work {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Starts a thread that nobody waits for.
  static func detach(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(body))
    let failure = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    precondition(failure == 0, "the system has a thread for the prediction log")
    pthread_detach(thread)
  }
}
