import POSIX

/// A file of fixed size, mapped for all who write it.
struct CounterFile {
  let memory: UnsafeMutableRawPointer
  /// Stays open: its locks tell which processes are there.
  let file: FileDescriptor

  /// Opens a file, or makes it.
  ///
  /// - Parameter prepare: called with the mapping, by one process at a time; answers whether the content
  ///   can be used. A file of other content is replaced, and whoever has it mapped keeps it.
  /// - Throws: `SystemError`.
  init(
    path: String, byteCount: Int, prepare: (UnsafeMutableRawPointer) -> Bool
  ) throws(SystemError) {
    for _ in 0..<10 {
      let file = try FileDescriptor(opening: path, O_RDWR | O_CREAT, mode: 0o600)
      do throws(SystemError) {
        if let memory = try Self.map(file, byteCount, prepare) {
          self.memory = memory
          self.file = file
          return
        }
      } catch {
        file.close()
        throw error
      }
      file.close()
    }
    throw SystemError("open", path, reason: "it does not hold what this program counts")
  }

  private static func map(
    _ file: FileDescriptor, _ byteCount: Int, _ prepare: (UnsafeMutableRawPointer) -> Bool
  ) throws(SystemError) -> UnsafeMutableRawPointer? {
    try systemCall("flock", file.name) { flock(file.number, LOCK_EX) }
    defer { flock(file.number, LOCK_UN) }
    let status = try file.status()
    guard status.isRegular else {
      throw SystemError("open", file.name, reason: "it is not a regular file")
    }
    if status.size == 0 {
      // All of it now: writing to a mapped place for which the disk has no room ends the process.
      let failure = posix_fallocate(file.number, 0, off_t(byteCount))
      guard failure == 0 else {
        ftruncate(file.number, 0)
        throw SystemError("posix_fallocate", file.name, code: failure)
      }
    } else if status.size != byteCount {
      remove(file.name, status)
      return nil
    }
    let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0)
    guard memory != MAP_FAILED, let memory else { throw SystemError("mmap", file.name) }
    if prepare(memory) { return memory }
    munmap(memory, byteCount)
    remove(file.name, status)
    return nil
  }

  /// Removes the file of the path if it is still the one that was opened.
  private static func remove(_ path: String, _ opened: FileStatus) {
    if FileStatus(of: path)?.inode == opened.inode { unlink(path) }
  }
}
