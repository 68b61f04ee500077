/// Reads little-endian values one after the other and never past the end.
struct ByteReader {
  private let bytes: UnsafeRawBufferPointer
  /// Where the bytes begin in their file.
  private let start: Int
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer, startingAt start: Int) {
    self.bytes = bytes
    self.start = start
  }

  /// The offset in the file of what is read next.
  var byteOffset: Int { start + position }
  var isAtEnd: Bool { position == bytes.count }

  mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(ForestFileError) -> T {
    T(littleEndian: try load(T.self))
  }

  mutating func double() throws(ForestFileError) -> Double {
    Double(bitPattern: try integer(UInt64.self))
  }

  /// A length of two bytes and as many bytes of UTF-8.
  mutating func string() throws(ForestFileError) -> String {
    let offset = byteOffset
    let count = Int(try integer(UInt16.self))
    try require(count)
    guard let text = String(validating: bytes[position..<position + count], as: UTF8.self) else {
      throw ForestFileError(.invalid, at: offset, "a name is not UTF-8")
    }
    position += count
    return text
  }

  /// A count of items, at most `limit`, so that no forged count can make the reader allocate more
  /// than a forest needs. (A limit of bytes would not do: a file can have holes.)
  mutating func count(upTo limit: Int) throws(ForestFileError) -> Int {
    let offset = byteOffset
    let count = Int(try integer(UInt32.self))
    guard count <= limit else {
      throw ForestFileError(.invalid, at: offset, "a count of \(count) exceeds \(limit)")
    }
    return count
  }

  private mutating func load<T: FixedWidthInteger>(_ type: T.Type) throws(ForestFileError) -> T {
    try require(MemoryLayout<T>.size)
    defer { position += MemoryLayout<T>.size }
    return bytes.loadUnaligned(fromByteOffset: position, as: T.self)
  }

  private func require(_ count: Int) throws(ForestFileError) {
    guard count <= bytes.count - position else {
      throw ForestFileError(.invalid, at: byteOffset, "the section ends inside a value")
    }
  }
}
