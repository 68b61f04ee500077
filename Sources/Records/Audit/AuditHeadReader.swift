import POSIX

/// Reads heads one after the other; a piece of their file is in memory.
final class AuditHeadReader {
  typealias Head = AuditHeads.Head

  private static let pieceSize = 1 << 16

  /// Nil when the file is not there.
  private let file: FileDescriptor?
  /// Where reading ends.
  private var limit: Int
  /// Behind the line that was taken last.
  private var place: Int
  /// What has been read behind it.
  private var piece: ArraySlice<UInt8> = []
  /// The number of the line that was taken last, from 1 at the place where reading began.
  private var line = 0
  /// A line that was broken off, and is to follow whole.
  private var broken: (text: String, line: Int, hasEnd: Bool)?
  private var next: Head?

  /// Opens the file.
  ///
  /// - Parameters:
  ///   - start: the place of the first line.
  ///   - limit: the place behind which nothing is read.
  init(_ heads: AuditHeads, from start: Int, to limit: Int) throws(SystemError) {
    file = heads.exists ? try FileDescriptor.regular(heads.path).file : nil
    place = start
    self.limit = limit
  }

  deinit { file?.close() }

  /// The next head, which stays the next until it is taken; nil when there are no more.
  ///
  /// - Throws: `AuditHeads.Fault` for a line that is none, unless it was broken off and follows whole;
  ///   `SystemError`.
  func peek() throws -> Head? {
    if let next { return next }
    while let (text, hasEnd) = try takeLine() {
      if hasEnd, let head = Head(line: text) {
        if let broken, !text.hasPrefix(broken.text) { throw AuditHeads.Fault(line: broken.line) }
        broken = nil
        next = head
        return head
      }
      if text.isEmpty { continue }
      if let broken { throw AuditHeads.Fault(line: broken.line) }
      broken = (text, line, hasEnd)
    }
    // What stands at the very end may be a line that was broken off.
    if let broken, broken.hasEnd { throw AuditHeads.Fault(line: broken.line) }
    return nil
  }

  /// Takes the head that was looked at.
  ///
  /// - Returns: the place behind its line.
  func take() -> Int {
    next = nil
    return place
  }

  /// The next line without its end, and whether it has one.
  private func takeLine() throws -> (text: String, hasEnd: Bool)? {
    while true {
      if let end = piece.firstIndex(of: AuditHeads.newline) {
        let text = String(decoding: piece[..<end], as: UTF8.self)
        place += end + 1 - piece.startIndex
        piece = piece[(end + 1)...]
        line += 1
        return (text, true)
      }
      guard piece.count <= AuditHeads.lineLimit else { throw AuditHeads.Fault(line: line + 1) }
      let read = place + piece.count
      guard let file, read < limit else { break }
      let more = try file.bytes(min(Self.pieceSize, limit - read), at: read)
      // It has become shorter meanwhile.
      if more.isEmpty { limit = read }
      piece = piece + more
    }
    guard !piece.isEmpty else { return nil }
    let text = String(decoding: piece, as: UTF8.self)
    place += piece.count
    piece = []
    line += 1
    return (text, false)
  }
}
