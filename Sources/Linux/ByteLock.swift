import CLinux
package import POSIX

/// A lock on one byte of an open file. It belongs to the open file and not to the process (fcntl(2), open
/// file description locks), and the system gives it back however its process ends.
package struct ByteLock {
  private let file: FileDescriptor
  private let place: Int

  package init(on file: FileDescriptor, at place: Int) {
    self.file = file
    self.place = place
  }

  /// Takes the lock, unless another opening of the file holds it.
  package func takeIfFree() -> Bool { control(LINUX_F_OFD_SETLK) != nil }

  /// Whether another opening of the file holds the lock.
  package var isTakenByOther: Bool { control(LINUX_F_OFD_GETLK)?.l_type != Int16(F_UNLCK) }

  private func control(_ command: Int32) -> flock? {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_start = off_t(place)
    lock.l_len = 1
    return fcntl(file.number, command, &lock) == 0 ? lock : nil
  }
}
