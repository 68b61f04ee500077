package import POSIX

extension FileDescriptor {
  /// Takes room on the disk for the file's first bytes (posix_fallocate(3)); what it holds stays.
  ///
  /// - Throws: `SystemError`, for example when the disk is full.
  package func allocate(_ byteCount: Int) throws(SystemError) {
    // It gives its error instead of setting `errno`.
    let code = posix_fallocate(number, 0, off_t(byteCount))
    guard code == 0 else { throw SystemError("posix_fallocate", name, code: code) }
  }
}
