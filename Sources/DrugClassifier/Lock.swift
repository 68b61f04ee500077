import Glibc

/// A lock for the shortest of works on the path of every request. The standard library's `Mutex`
/// inherits priorities, for which a waiting thread must be woken before the lock can be taken again.
package final class Lock: @unchecked Sendable {
  // `@unchecked Sendable` because a POSIX mutex is made for it.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>

  package init() {
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  package func whileHeld<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
