public import POSIX

/// A file without a name that holds what is too long for memory; it is gone with its last owner.
public final class SpoolFile: @unchecked Sendable {
  // `@unchecked Sendable` because it is written by the thread that made it and read after that.
  private let file: FileDescriptor
  private var buffer: [UInt8] = []
  /// How many bytes were written.
  public private(set) var count = 0

  /// Creates an empty file in a folder.
  ///
  /// - Throws: `SystemError` when the system refuses one.
  public init(in folder: String) throws(SystemError) {
    var template = Array("\(folder)/spool-XXXXXX".utf8CString)
    let number = try systemCall("mkstemp", folder) { mkstemp(&template) }
    file = FileDescriptor(number, name: "a spooled answer")
    _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    unlink(template)
    buffer.reserveCapacity(Self.pieceSize)
  }

  deinit { file.close() }

  private static let pieceSize = 1 << 16

  /// Appends bytes.
  ///
  /// - Throws: `SystemError`, for example when the disk is full.
  public func write(_ bytes: some Collection<UInt8>) throws(SystemError) {
    buffer.append(contentsOf: bytes)
    count += bytes.count
    if buffer.count >= Self.pieceSize { try flush() }
  }

  private func flush() throws(SystemError) {
    try file.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Passes the content on in pieces, until `body` answers false.
  public func forEachPiece(_ body: (UnsafeRawBufferPointer) -> Bool) {
    let inFile = count - buffer.count
    withUnsafeTemporaryAllocation(byteCount: Self.pieceSize, alignment: 16) { piece in
      var offset = 0
      while offset < inFile {
        guard let result = try? file.read(into: piece, at: offset), result > 0,
          body(UnsafeRawBufferPointer(rebasing: piece[..<result]))
        else { return }
        offset += result
      }
      _ = buffer.withUnsafeBytes { $0.isEmpty || body($0) }
    }
  }
}
