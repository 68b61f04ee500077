import POSIX

/// The bytes of a forest file, mapped from disk or held in memory, immutable while they live.
final class ForestBytes: @unchecked Sendable {
  // `@unchecked Sendable` because the bytes are never written after init: the mapping is
  // read-only, and forest files are replaced by rename, never changed in place.
  let buffer: UnsafeRawBufferPointer
  /// Whether the system mapped the bytes, from the file or as memory of their own.
  private let isMapped: Bool

  /// Maps a regular file read-only.
  convenience init(mapping path: String) throws(ForestFileError) {
    try self.init(file: path, followsLinks: true, Self.map)
    // Few bytes will be read, here and there: the system need not fetch others.
    madvise(UnsafeMutableRawPointer(mutating: buffer.baseAddress), buffer.count, MADV_RANDOM)
  }

  /// Reads a regular file, no link to one, into memory of its own: whatever becomes of the file, the
  /// bytes stay.
  convenience init(reading path: String) throws(ForestFileError) {
    try self.init(file: path, followsLinks: false, Self.read)
  }

  private init(
    file path: String, followsLinks: Bool,
    _ map: (FileDescriptor, _ length: Int) throws(SystemError) -> UnsafeRawBufferPointer
  ) throws(ForestFileError) {
    do throws(SystemError) {
      let (file, status) = try FileDescriptor.regular(path, followsLinks: followsLinks)
      defer { file.close() }
      // No bytes cannot be mapped.
      buffer =
        status.size > 0
        ? try map(file, status.size) : UnsafeRawBufferPointer(start: nil, count: 0)
    } catch {
      throw error.code == 0
        ? ForestFileError(.notAFile, "\(path) is not a regular file")
        : ForestFileError(.system, error.description)
    }
    isMapped = true
    guard buffer.count > 0 else { throw ForestFileError(.wrongLength, "\(path) is empty") }
  }

  private static func map(
    _ file: FileDescriptor, _ length: Int
  ) throws(SystemError) -> UnsafeRawBufferPointer {
    let address = mmap(nil, length, PROT_READ, MAP_PRIVATE, file.number, 0)
    guard let address, address != MAP_FAILED else { throw SystemError("mmap", file.name) }
    return UnsafeRawBufferPointer(start: address, count: length)
  }

  private static func read(
    _ file: FileDescriptor, _ length: Int
  ) throws(SystemError) -> UnsafeRawBufferPointer {
    // Not from the heap: it goes back to the system at once, and can be made read-only.
    let address = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
    guard let address, address != MAP_FAILED else { throw SystemError("mmap", file.name) }
    let memory = UnsafeMutableRawBufferPointer(start: address, count: length)
    do throws(SystemError) {
      // One that is cut meanwhile ends in zeros here, which whoever checks it finds.
      try file.fill(memory)
      try systemCall("mprotect", file.name) { mprotect(address, length, PROT_READ) }
    } catch {
      munmap(address, length)
      throw error
    }
    return UnsafeRawBufferPointer(memory)
  }

  /// Holds a copy of bytes, aligned as a mapping would be.
  convenience init(copying bytes: some Collection<UInt8>) {
    self.init(byteCount: bytes.count) { $0.copyBytes(from: bytes) }
  }

  /// Makes the bytes in memory, zero where `fill` leaves them.
  init(byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: byteCount, alignment: ForestFormat.alignment)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    fill(memory)
    buffer = UnsafeRawBufferPointer(memory)
    isMapped = false
  }

  deinit {
    if isMapped {
      guard let start = buffer.baseAddress else { return }
      munmap(UnsafeMutableRawPointer(mutating: start), buffer.count)
    } else {
      buffer.deallocate()
    }
  }
}
