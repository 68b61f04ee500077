/// A lock for the shortest of works on the path of every request. The standard library's `Mutex`
/// inherits priorities, for which a waiting thread must be woken before the lock can be taken again.
package final class Lock: @unchecked Sendable {
  // `@unchecked Sendable` because a POSIX mutex is made for it.
  @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>

  package init() {
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  @inlinable
  package func whileHeld<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }
}

/// Wakes threads that wait for something which a lock protects.
package final class Condition: @unchecked Sendable {
  // `@unchecked Sendable` because a POSIX condition is made for it.
  private let lock: Lock
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  /// - Parameter lock: protects what is waited for.
  package init(_ lock: Lock) {
    self.lock = lock
    condition = .allocate(capacity: 1)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    condition.deallocate()
  }

  /// Lets others have the lock until they wake this thread; to be called while the lock is held, in a
  /// loop, since a thread may wake by itself.
  package func wait() { pthread_cond_wait(condition, lock.mutex) }

  /// As above, but not much longer than a time.
  package func wait(milliseconds: Int) {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let nanoseconds = time.tv_nsec + milliseconds % 1000 * 1_000_000
    time.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
    time.tv_nsec = nanoseconds % 1_000_000_000
    pthread_cond_timedwait(condition, lock.mutex, &time)
  }

  /// Wakes one thread.
  package func signal() { pthread_cond_signal(condition) }

  /// Wakes all threads.
  package func broadcast() { pthread_cond_broadcast(condition) }
}

/// What one thread finds out once and another waits for.
package final class Promise<Value: Sendable>: @unchecked Sendable {
  // `@unchecked Sendable` because `value` is protected by `lock`.
  private let lock = Lock()
  private let arrival: Condition
  private var value: Value?

  package init() { arrival = Condition(lock) }

  /// Gives the value.
  package func fulfil(_ value: Value) {
    lock.whileHeld { self.value = value }
    arrival.broadcast()
  }

  /// Waits for the value.
  package func wait() -> Value {
    lock.whileHeld {
      while true {
        if let value { return value }
        arrival.wait()
      }
    }
  }

  /// Waits for the value, for as long as somebody wants it; that is asked a few times a second.
  ///
  /// - Returns: nil when nobody does any more.
  package func wait(while isWanted: () -> Bool) -> Value? {
    lock.whileHeld {
      while value == nil, isWanted() { arrival.wait(milliseconds: 250) }
      return value
    }
  }
}
