@testable import RandomForest

/// The bytes of a forest file, to be altered by someone who makes the checksums right again.
struct ForgedForest {
  private(set) var bytes: [UInt8]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// An integer of the file, little-endian.
  subscript<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) -> Value {
    get {
      bytes.withUnsafeBytes {
        Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self))
      }
    }
    set {
      withUnsafeBytes(of: newValue.littleEndian) {
        bytes.replaceSubrange(offset..<offset + $0.count, with: $0)
      }
    }
  }

  /// A double of the file.
  subscript(doubleAt offset: Int) -> Double {
    get { Double(bitPattern: self[UInt64.self, at: offset]) }
    set { self[UInt64.self, at: offset] = newValue.bitPattern }
  }

  /// A byte of the file.
  subscript(offset: Int) -> UInt8 {
    get { bytes[offset] }
    set { bytes[offset] = newValue }
  }

  /// The offsets of the entries of the section table, as far as they lie within the file.
  var entries: [Int] {
    guard bytes.count >= ForestFormat.headerSize else { return [] }
    let stated = Int(self[UInt32.self, at: 12])
    let room = (bytes.count - ForestFormat.headerSize) / ForestFormat.sectionEntrySize
    return (0..<min(stated, room)).map {
      ForestFormat.headerSize + $0 * ForestFormat.sectionEntrySize
    }
  }

  /// The offset of a section's entry in the table.
  func entry(of section: ForestFormat.Section) -> Int {
    entries.first { self[UInt32.self, at: $0] == section.rawValue }!
  }

  /// The bytes that a section's entry states.
  func range(of section: ForestFormat.Section) -> Range<Int> { range(ofEntry: entry(of: section)) }

  /// The bytes that an entry of the table states, none when they are not of the file.
  func range(ofEntry entry: Int) -> Range<Int> {
    let start = self[UInt64.self, at: entry + 8]
    let length = self[UInt64.self, at: entry + 16]
    guard start <= UInt64(bytes.count), length <= UInt64(bytes.count) - start else { return 0..<0 }
    return Int(start)..<Int(start + length)
  }

  /// The offset of the length that stands before the first occurrence of a name in a section.
  func offset(ofName name: String, in section: ForestFormat.Section) -> Int {
    let text = Array(name.utf8)
    return range(of: section).first {
      self[UInt16.self, at: $0] == UInt16(text.count)
        && bytes[($0 + 2)...].starts(with: text)
    }!
  }

  /// The bytes with every checksum made right, as far as what it covers lies within the file.
  var signed: [UInt8] {
    guard bytes.count >= ForestFormat.headerSize else { return bytes }
    var forged = self
    for entry in entries {
      let range = range(ofEntry: entry)
      forged[UInt64.self, at: entry + 24] = bytes.withUnsafeBytes {
        XXH64.hash(UnsafeRawBufferPointer(rebasing: $0[range]))
      }
    }
    let end = (entries.last ?? 32) + ForestFormat.sectionEntrySize
    let header =
      forged.bytes[..<ForestFormat.checksumOffset] + forged.bytes[ForestFormat.headerSize..<end]
    forged[UInt64.self, at: ForestFormat.checksumOffset] = Array(header).withUnsafeBytes {
      XXH64.hash($0)
    }
    return forged.bytes
  }
}
