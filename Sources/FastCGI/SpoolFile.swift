import Glibc

/// A file without a name that holds what is too long for memory; it is gone with its last owner.
public final class SpoolFile: @unchecked Sendable {
  // `@unchecked Sendable` because it is written by the thread that made it and read after that.
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  /// How many bytes were written.
  public private(set) var count = 0

  /// Creates an empty file in a folder.
  ///
  /// - Throws: `SystemFailure` when the system refuses one.
  public init(in folder: String) throws(SystemFailure) {
    var template = Array("\(folder)/spool-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw SystemFailure("mkstemp", folder) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(template)
    buffer.reserveCapacity(Self.pieceSize)
  }

  deinit { close(descriptor) }

  private static let pieceSize = 1 << 16

  /// Appends bytes.
  ///
  /// - Throws: `SystemFailure`, for example when the disk is full.
  public func write(_ bytes: some Collection<UInt8>) throws(SystemFailure) {
    buffer.append(contentsOf: bytes)
    count += bytes.count
    if buffer.count >= Self.pieceSize { try flush() }
  }

  private func flush() throws(SystemFailure) {
    var written = 0
    while written < buffer.count {
      let result = buffer.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written)
      }
      if result < 0, errno == EINTR { continue }
      guard result > 0 else { throw SystemFailure("write", "a spooled answer") }
      written += result
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Passes the content on in pieces, until `body` answers false.
  public func forEachPiece(_ body: (UnsafeRawBufferPointer) -> Bool) {
    let inFile = count - buffer.count
    withUnsafeTemporaryAllocation(byteCount: Self.pieceSize, alignment: 16) { piece in
      var offset = 0
      while offset < inFile {
        let result = pread(descriptor, piece.baseAddress, piece.count, offset)
        if result < 0, errno == EINTR { continue }
        guard result > 0, body(UnsafeRawBufferPointer(rebasing: piece[..<result])) else { return }
        offset += result
      }
      _ = buffer.withUnsafeBytes { $0.isEmpty || body($0) }
    }
  }
}
