extension TableDialect.Encoding {
  /// So many bytes show what all of them are.
  static let windowLength = 64

  /// What no table begins with, and what to do about it.
  private static let otherFiles: [(beginning: [UInt8], words: String)] = [
    ([0x50, 0x4b, 0x03, 0x04], "this is a workbook or an archive: save the sheet as CSV (UTF-8)"),
    ([0xd0, 0xcf, 0x11, 0xe0], "this is an old workbook: save the sheet as CSV (UTF-8)"),
    ([0x1f, 0x8b], "this file is compressed with gzip: unpack it first"),
    ([0xff, 0xfe, 0x00, 0x00], utf32),
    ([0x00, 0x00, 0xfe, 0xff], utf32),
  ]
  private static let utf32 = "the file is UTF-32, which is not read here: save it as UTF-8"

  /// Looks at the first bytes of a file, `windowLength` of them where it has so many.
  ///
  /// - Returns: nil for units of one byte, which tell later whether they are UTF-8.
  /// - Throws: `TableError` for what is known and not read.
  static func recognised(from bytes: [UInt8]) throws(TableError) -> Self? {
    for other in otherFiles where bytes.starts(with: other.beginning) {
      throw TableError(message: other.words)
    }
    if bytes.starts(with: [0xff, 0xfe]) { return .utf16LittleEndian }
    if bytes.starts(with: [0xfe, 0xff]) { return .utf16BigEndian }
    if isUTF32(bytes) { throw TableError(message: utf32) }
    // The letters of Europe and the Near East have a high byte that no text of single bytes has.
    let pairs = bytes.count / 2
    func count(from first: Int) -> Int {
      stride(from: first, to: pairs * 2, by: 2).count { bytes[$0] < 9 }
    }
    let (even, odd) = (count(from: 0), count(from: 1))
    if pairs > 0, odd * 4 >= pairs * 3, even * 4 < pairs { return .utf16LittleEndian }
    if pairs > 0, even * 4 >= pairs * 3, odd * 4 < pairs { return .utf16BigEndian }
    return nil
  }

  /// Whether all units of four bytes are characters of the first planes.
  private static func isUTF32(_ bytes: [UInt8]) -> Bool {
    let starts = stride(from: 0, to: bytes.count / 4 * 4, by: 4)
    func isCharacter(_ high: UInt8, _ plane: UInt8, _ rest: (UInt8, UInt8)) -> Bool {
      high == 0 && plane < 4 && rest != (0, 0)
    }
    return bytes.count >= 4
      && (starts.allSatisfy {
        isCharacter(bytes[$0 + 3], bytes[$0 + 2], (bytes[$0 + 1], bytes[$0]))
      }
        || starts.allSatisfy {
          isCharacter(bytes[$0], bytes[$0 + 1], (bytes[$0 + 2], bytes[$0 + 3]))
        })
  }
}
