import Glibc

/// Why a file cannot be counted in.
struct CounterFileError: Error, CustomStringConvertible {
  let description: String

  init(_ call: String, _ path: String) {
    description = "\(call) \(path): \(String(cString: strerror(errno)))"
  }

  init(_ words: String) { description = words }
}

/// A file of fixed size, mapped for all who write it.
struct CounterFile {
  let memory: UnsafeMutableRawPointer
  /// Stays open: its locks tell which processes are there.
  let descriptor: Int32

  /// Opens a file, or makes it.
  ///
  /// - Parameter prepare: called with the mapping, by one process at a time; answers whether the content
  ///   can be used. A file of other content is replaced, and whoever has it mapped keeps it.
  /// - Throws: `CounterFileError`.
  init(
    path: String, byteCount: Int, prepare: (UnsafeMutableRawPointer) -> Bool
  ) throws(CounterFileError) {
    for _ in 0..<10 {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw CounterFileError("open", path) }
      do throws(CounterFileError) {
        if let memory = try Self.map(descriptor, path, byteCount, prepare) {
          self.memory = memory
          self.descriptor = descriptor
          return
        }
      } catch {
        close(descriptor)
        throw error
      }
      close(descriptor)
    }
    throw CounterFileError("\(path) does not hold what this program counts")
  }

  private static func map(
    _ descriptor: Int32, _ path: String, _ byteCount: Int,
    _ prepare: (UnsafeMutableRawPointer) -> Bool
  ) throws(CounterFileError) -> UnsafeMutableRawPointer? {
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw CounterFileError("flock", path) }
    }
    defer { flock(descriptor, LOCK_UN) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw CounterFileError("fstat", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CounterFileError("\(path) is not a file")
    }
    if status.st_size == 0 {
      // All of it now: writing to a mapped place for which the disk has no room ends the process.
      errno = posix_fallocate(descriptor, 0, off_t(byteCount))
      guard errno == 0 else {
        let failure = CounterFileError("posix_fallocate", path)
        ftruncate(descriptor, 0)
        throw failure
      }
    } else if status.st_size != byteCount {
      remove(path, status)
      return nil
    }
    let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard memory != MAP_FAILED, let memory else { throw CounterFileError("mmap", path) }
    if prepare(memory) { return memory }
    munmap(memory, byteCount)
    remove(path, status)
    return nil
  }

  /// Removes the file of the path if it is still the one that was opened.
  private static func remove(_ path: String, _ opened: stat) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_ino == opened.st_ino else { return }
    unlink(path)
  }
}
