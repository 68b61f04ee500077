import Glibc
package import RandomForest

/// Locks of files, by which processes take turns (flock(2)).
package enum FileLock {
  /// Waits until no other open file holds the lock; closing the descriptor gives it back.
  ///
  /// - Throws: `SystemError` naming the path.
  package static func wait(for descriptor: Int32, _ path: String) throws(SystemError) {
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw SystemError("flock", path) }
    }
  }
}
