import TestSupport
import Testing

@testable import RandomForest

/// Files whose forger has made every checksum right again.
struct ForestFileForgeryTests {
  /// A change to a sound file.
  struct Forgery: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let code: ForestFileError.Code
    let alter: @Sendable (inout ForgedForest) -> Void

    init(
      _ name: String, _ code: ForestFileError.Code = .invalid,
      _ alter: @escaping @Sendable (inout ForgedForest) -> Void
    ) {
      testDescription = name
      self.code = code
      self.alter = alter
    }
  }

  private static let original = ForgedForest(try! smallForest().withBytes { Array($0) })

  @Test func theUnalteredFileIsSound() throws {
    #expect(try receive(Self.original.bytes) == .sound)
    #expect(Self.original.signed == Self.original.bytes)
  }

  /// Whoever reads the two columns of a number must not reach beyond those that the header states.
  @Test(arguments: [0, 1, 2, 4, 255] as [UInt8])
  func anotherEncodingOfTwoColumnsIsRefused(encoding: UInt8) throws {
    var forged = ForgedForest(try forestWithHoles().fileBytes)
    let place = forged.offset(ofName: "x", in: .schema) + 3
    #expect(forged[place] == 3)
    forged[place] = encoding
    #expect(try receive(forged.signed).error?.code == .invalid)
  }

  @Test(arguments: [1, 2, 6, 8, .max] as [UInt32])
  func twoColumnsNeedTheRoomOfTwo(columnCount: UInt32) throws {
    var forged = ForgedForest(try forestWithHoles().fileBytes)
    #expect(forged[UInt32.self, at: 28] == 7)
    forged[UInt32.self, at: 28] = columnCount
    #expect(try receive(forged.signed).error?.code == .invalid)
  }

  @Test(arguments: counts + table + trees + numbers + texts)
  func aForgedFileIsRefusedWithTheByteThatIsWrong(forgery: Forgery) throws {
    var forged = Self.original
    forgery.alter(&forged)
    let error = try receive(forged.signed).error
    #expect(error?.code == forgery.code)
    #expect(0...forged.bytes.count ~= error?.byteOffset ?? -1)
  }

  // MARK: The header

  static let counts: [Forgery] =
    [
      ("trees", 24), ("columns", 28), ("inputs", 32), ("classes", 36),
    ].flatMap { (name: String, offset: Int) in
      [
        Forgery("no \(name)") { $0[UInt32.self, at: offset] = 0 },
        Forgery("one more of \(name)") { $0[UInt32.self, at: offset] += 1 },
        Forgery("one less of \(name)") { $0[UInt32.self, at: offset] -= 1 },
        Forgery("2³² - 1 \(name)") { $0[UInt32.self, at: offset] = .max },
      ]
    }
    + [("nodes", 40), ("distributions", 48)].flatMap { (name: String, offset: Int) in
      [
        Forgery("no \(name)") { $0[UInt64.self, at: offset] = 0 },
        Forgery("one more of \(name)") { $0[UInt64.self, at: offset] += 1 },
        Forgery("one less of \(name)") { $0[UInt64.self, at: offset] -= 1 },
        Forgery("2⁴⁸ \(name)") { $0[UInt64.self, at: offset] = 1 << 48 },
        Forgery("2⁶¹ + 1 \(name)") { $0[UInt64.self, at: offset] += 1 << 61 },
        Forgery("2⁶⁴ - 1 \(name)") { $0[UInt64.self, at: offset] = .max },
      ]
    }
    + [
      Forgery("version 0", .unsupported) { $0[UInt32.self, at: 8] = 0 },
      Forgery("version 2", .unsupported) { $0[UInt32.self, at: 8] = 2 },
      Forgery("no section") { $0[UInt32.self, at: 12] = 0 },
      Forgery("65 sections") { $0[UInt32.self, at: 12] = 65 },
      Forgery("2³² - 1 sections") { $0[UInt32.self, at: 12] = .max },
      Forgery("a length of 0", .wrongLength) { $0[UInt64.self, at: 16] = 0 },
      Forgery("a length of 2⁶³", .wrongLength) { $0[UInt64.self, at: 16] = 1 << 63 },
    ]

  // MARK: The section table

  private static func forge(
    _ name: String, _ section: ForestFormat.Section,
    offset: (@Sendable (UInt64) -> UInt64)? = nil, length: (@Sendable (UInt64) -> UInt64)? = nil
  ) -> Forgery {
    Forgery(name) {
      let entry = $0.entry(of: section)
      if let offset { $0[UInt64.self, at: entry + 8] = offset($0[UInt64.self, at: entry + 8]) }
      if let length { $0[UInt64.self, at: entry + 16] = length($0[UInt64.self, at: entry + 16]) }
    }
  }

  static let table: [Forgery] = [
    forge("a section in the header", .schema, offset: { _ in 0 }),
    forge("a section in the table", .schema, offset: { _ in 64 }),
    forge("a section off the alignment", .nodes, offset: { $0 + 8 }),
    forge("a section over the one before", .nodes, offset: { $0 - 64 }),
    forge("a section before the one before", .distributions, offset: { _ in 320 }),
    forge("a section beyond the file", .covers, offset: { $0 + 1 << 20 }),
    forge("a section at 2⁶⁴ - 64", .covers, offset: { _ in 0 &- 64 }),
    forge("a section over the next", .nodes, length: { $0 + 64 }),
    forge("a longer section", .nodes, length: { $0 + 8 }),
    forge("a shorter section", .roots, length: { $0 - 8 }),
    forge("a section without bytes", .distributions, length: { _ in 0 }),
    forge("a section longer than the file", .covers, length: { _ in 1 << 40 }),
    forge("a section of 2⁶⁴ - 1 bytes", .nodes, length: { _ in .max }),
    forge("an empty schema", .schema, length: { _ in 0 }),
    forge("a schema without its end", .schema, length: { $0 - 1 }),
    forge("cuts without their end", .cuts, length: { $0 - 8 }),
    forge("half a cut", .cuts, length: { $0 - 4 }),
    forge("parameters without their end", .parameters, length: { $0 - 1 }),
    Forgery("a section twice") { $0[UInt32.self, at: $0.entry(of: .covers)] = 2 },
    Forgery("no roots") { $0[UInt64.self, at: $0.entry(of: .roots)] = 99 },
    Forgery("a required section of the future", .unsupported) {
      $0[UInt64.self, at: $0.entry(of: .covers)] = 1 << 32 | 99
    },
    Forgery("bytes between the sections") { $0[$0.range(of: .schema).upperBound] = 1 },
    Forgery("bytes after the sections") { $0[$0.bytes.count - 1] = 1 },
  ]
}
