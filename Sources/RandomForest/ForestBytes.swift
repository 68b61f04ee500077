import Glibc

/// The bytes of a forest file, mapped from disk or held in memory, immutable while they live.
final class ForestBytes: @unchecked Sendable {
  // `@unchecked Sendable` because the bytes are never written after init: the mapping is
  // read-only, and forest files are replaced by rename, never changed in place.
  let buffer: UnsafeRawBufferPointer
  private let isMapped: Bool

  /// Maps a regular file read-only.
  init(mapping path: String) throws(ForestFileError) {
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.failed("open", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failed("fstat", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ForestFileError(.notAFile, "\(path) is not a regular file")
    }
    guard status.st_size > 0 else { throw ForestFileError(.wrongLength, "\(path) is empty") }
    let length = Int(status.st_size)
    let address = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address, address != MAP_FAILED else { throw Self.failed("mmap", path) }
    buffer = UnsafeRawBufferPointer(start: address, count: length)
    isMapped = true
    willReadAtRandom()
  }

  /// Tells the system that all bytes are about to be read, in order.
  func willReadAll() { advise(MADV_SEQUENTIAL) }

  /// Tells the system that few bytes will be read, here and there: it then fetches no others.
  func willReadAtRandom() { advise(MADV_RANDOM) }

  private func advise(_ advice: Int32) {
    guard isMapped else { return }
    madvise(UnsafeMutableRawPointer(mutating: buffer.baseAddress!), buffer.count, advice)
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

  private static func failed(_ call: String, _ path: String) -> ForestFileError {
    ForestFileError(.system, SystemError(call, path).description)
  }

  deinit {
    if isMapped {
      munmap(UnsafeMutableRawPointer(mutating: buffer.baseAddress!), buffer.count)
    } else {
      buffer.deallocate()
    }
  }
}
