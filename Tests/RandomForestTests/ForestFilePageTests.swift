import FoundationEssentials
import RandomForest
import TestSupport
import Testing

/// docs/forest-file.md against the library.
struct ForestFilePageTests {
  /// The forest whose bytes the page shows.
  private static func example() throws -> Forest {
    let rows: [(length: Double, width: Double, colour: Double, label: Int, weight: Int)] = [
      (2.5, 0.5, 0, 0, 3), (3.5, 1.5, 0, 0, 2), (3.5, 2.5, 1, 0, 1), (4.5, 2.5, 0, 0, 4),
      (4.5, 2.5, 1, 1, 3), (5.5, 1, 0, 1, 2), (6.5, 0.5, 1, 1, 5), (.nan, 1.5, 1, 1, 2),
      (2.5, .nan, 1, 0, 1), (6.5, 2.5, 0, 0, 1),
    ]
    var flowers = Dataset(
      features: [
        Feature(name: "length", kind: .numeric), Feature(name: "width", kind: .numeric),
        Feature(name: "colour", kind: .categorical(levels: ["red", "white"])),
      ], classes: ["rose", "tulip"])
    for row in rows {
      flowers.append([row.length, row.width, row.colour], label: row.label, weight: row.weight)
    }
    let schema = FeatureSchema(
      fitting: flowers,
      encodings: [.identity, .bins(edges: [1, 2], labels: ["thin", "middle", "wide"]), .oneHot])
    var parameters = ForestParameters()
    parameters.maximumBinCount = 256
    parameters.treeCount = 2
    parameters.maximumLeafCount = 3
    parameters.maximumFeatures = .all
    return try ForestTrainer(parameters).train(flowers, schema: schema).forest
  }

  @Test func theExampleIsWhatTheLibraryWrites() throws {
    let page = String(
      decoding: try Data(contentsOf: URL(filePath: "\(repositoryRoot)/docs/forest-file.md")),
      as: UTF8.self)
    let bytes = try Self.example().fileBytes
    var shown = [UInt8](repeating: 0, count: bytes.count)
    // Lines such as `0010  00 05 … 00  |................|`: an offset and 16 bytes.
    for line in page.split(separator: "\n") {
      let fields = line.prefix { $0 != "|" }.split(separator: " ")
      guard fields.count == 17, let offset = Int(fields[0], radix: 16) else { continue }
      for (place, byte) in fields.dropFirst().enumerated() {
        shown[offset + place] = try #require(UInt8(byte, radix: 16))
      }
    }
    #expect(shown == bytes, "what the page leaves out is zero")
  }

  @Test func theExamplePredictsWhatThePageSays() throws {
    let prediction = try Self.example().predict([6, 2, 0])
    #expect(prediction.votes == [1, 1])
    #expect(prediction.probabilities == [11.0 / 24, 13.0 / 24])
  }
}
