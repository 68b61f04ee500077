import Glibc

/// A counting semaphore (POSIX).
package final class Semaphore: @unchecked Sendable {
  // `@unchecked Sendable` because a semaphore is made for it.
  private let semaphore: UnsafeMutablePointer<sem_t>

  package init() {
    semaphore = .allocate(capacity: 1)
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  package func signal() { sem_post(semaphore) }

  package func wait() {
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
