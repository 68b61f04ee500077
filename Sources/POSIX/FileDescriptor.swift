/// An open file, and the name that errors tell of it. Whoever opens it closes it.
package struct FileDescriptor: Sendable {
  /// The number by which the system knows it.
  package let number: Int32
  /// The path, or what else it is.
  package let name: String

  package static let standardInput = FileDescriptor(STDIN_FILENO, name: "standard input")
  package static let standardOutput = FileDescriptor(STDOUT_FILENO, name: "standard output")
  package static let standardError = FileDescriptor(STDERR_FILENO, name: "standard error")

  /// Takes over a descriptor that is open.
  package init(_ number: Int32, name: String) {
    self.number = number
    self.name = name
  }

  /// Opens a file; programs that are started do not inherit it.
  package init(
    opening path: String, _ flags: Int32, mode: mode_t = 0o644
  ) throws(SystemError) {
    number = try systemCall("open", path) { open(path, flags | O_CLOEXEC, mode) }
    name = path
  }

  /// Opens a regular file for reading.
  ///
  /// - Parameter followsLinks: whether a link of this path counts as what it leads to.
  /// - Throws: `SystemError`, whose code is 0 for what is no regular file.
  package static func regular(
    _ path: String, followsLinks: Bool = true
  ) throws(SystemError) -> (file: FileDescriptor, status: FileStatus) {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    let file = try FileDescriptor(
      opening: path, O_RDONLY | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW))
    do throws(SystemError) {
      let status = try file.status()
      if status.isRegular { return (file, status) }
      let reason = status.isFolder ? "this is a folder, not a file" : "this is not a regular file"
      throw SystemError("open", path, reason: reason)
    } catch {
      file.close()
      throw error
    }
  }

  package func close() { closeFile(number) }

  package func status() throws(SystemError) -> FileStatus {
    var status = stat()
    try systemCall("fstat", name) { fstat(number, &status) }
    return FileStatus(status)
  }

  /// Reads what there is, at most what fits.
  ///
  /// - Returns: how many bytes were read, 0 at the end.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    try systemCall("read", name) { readBytes(number, buffer.baseAddress, buffer.count) }
  }

  /// The same into an array, whose length stays.
  package func read(into buffer: inout [UInt8]) throws(SystemError) -> Int {
    var bytes = buffer.mutableSpan
    return try bytes.withUnsafeMutableBufferPointer { bytes throws(SystemError) in
      try read(into: UnsafeMutableRawBufferPointer(bytes))
    }
  }

  /// Reads from a place of the file.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SystemError) -> Int {
    try systemCall("pread", name) {
      pread(number, buffer.baseAddress, buffer.count, off_t(offset))
    }
  }

  /// Reads so many bytes from a place of the file, fewer where it ends before.
  package func bytes(_ count: Int, at offset: Int = 0) throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    let done = try span.withUnsafeMutableBufferPointer { buffer throws(SystemError) in
      try fill(UnsafeMutableRawBufferPointer(buffer), at: offset)
    }
    bytes.removeLast(count - done)
    return bytes
  }

  /// Reads from a place of the file until a buffer is full or the file ends.
  ///
  /// - Returns: how many bytes were read.
  @discardableResult
  package func fill(
    _ buffer: UnsafeMutableRawBufferPointer, at offset: Int = 0
  ) throws(SystemError) -> Int {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let more = try read(into: rest, at: offset + done)
      if more == 0 { break }
      done += more
    }
    return done
  }

  /// Writes all of the bytes.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = try systemCall("write", name) {
        writeBytes(number, rest.baseAddress, rest.count)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// The same of an array.
  package func write(_ bytes: [UInt8]) throws(SystemError) {
    // The standard library's `withUnsafeBytes` forgets the type of an error.
    try bytes.span.withUnsafeBufferPointer { bytes throws(SystemError) in
      try write(UnsafeRawBufferPointer(bytes))
    }
  }

  /// Lets the file end after so many bytes, where the next ones are written.
  package func cut(to byteCount: Int) throws(SystemError) {
    try systemCall("ftruncate", name) { ftruncate(number, off_t(byteCount)) }
    try systemCall("lseek", name) { Int(lseek(number, off_t(byteCount), SEEK_SET)) }
  }

  /// Waits until the disk has what was written.
  package func sync() throws(SystemError) {
    #if canImport(Darwin)
      // Darwin's fsync leaves it in the disk's own memory (fsync(2)).
      if fcntl(number, F_FULLFSYNC) == 0 { return }
    #endif
    try systemCall("fsync", name) { fsync(number) }
  }
}

// Outside of the type, whose methods have the same names.
private func closeFile(_ number: Int32) { _ = close(number) }

private func readBytes(_ number: Int32, _ start: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(number, start, count)
}

private func writeBytes(_ number: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
  write(number, start, count)
}
