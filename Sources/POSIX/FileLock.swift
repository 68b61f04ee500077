/// A file by whose lock processes take turns (flock(2)); the system gives the lock back when the file
/// is closed, however its process ends.
package final class FileLock: Sendable {
  /// The open file, which a program that is started may inherit with the lock.
  package let file: FileDescriptor

  /// Opens the file, or makes it; nothing is locked yet.
  package init(_ path: String, mode: mode_t = 0o644) throws(SystemError) {
    file = try FileDescriptor(opening: path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: mode)
  }

  deinit { file.close() }

  /// Waits until nobody else holds the lock, and takes it.
  package func take() throws(SystemError) {
    try systemCall("flock", file.name) { flock(file.number, LOCK_EX) }
  }

  /// Takes the lock if nobody holds it.
  ///
  /// - Throws: `SystemError` when the file system has no locks to give.
  package func takeIfFree() throws(SystemError) -> Bool {
    if flock(file.number, LOCK_EX | LOCK_NB) == 0 { return true }
    guard errno == EWOULDBLOCK else { throw SystemError("flock", file.name) }
    return false
  }

  /// Gives the lock back.
  package func release() { flock(file.number, LOCK_UN) }

  /// Works if and while no other process or opening of the file holds the lock; nil when one does.
  package func ifFree<Result>(_ body: () throws -> Result) throws -> Result? {
    guard try takeIfFree() else { return nil }
    defer { release() }
    return try body()
  }

  /// Works while no other process or opening of the file holds the lock.
  package func whileHeld<Result>(_ body: () throws -> Result) throws -> Result {
    try take()
    defer { release() }
    return try body()
  }
}
