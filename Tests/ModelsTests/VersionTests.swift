import Foundation
import POSIX
import Patients
import TestSupport
import Testing
@testable import Models
@testable import RandomForest

/// What a version's name stands for.
@Suite struct VersionTests {
  /// Saves and serves a small model and gives its folder.
  private func withVersion(
    _ body: (_ registry: ModelRegistry, _ version: String, _ folder: String) throws -> Void
  ) throws {
    try withTemporaryFolder { root in
      let registry = ModelRegistry(root: root)
      let version = try saveModel(in: root, treeCount: 3)
      try body(registry, version, registry.folder(of: version))
    }
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  private func refusal(_ registry: ModelRegistry, _ version: String) -> RegistryError? {
    #expect(throws: RegistryError.self) { try registry.activate(version) }
  }

  @Test func theListIsWhatSha256sumWritesAndItsDigestBeginsWithTheName() throws {
    try withVersion { registry, version, folder in
      let names = [
        "card.json", "confusion_matrix.png", "evaluation.json", "forest.rf", "inspection.json",
        "schema.json",
      ]
      let lines = try names.map { name in
        let bytes = Array(try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
        return "\(SHA256.digest(of: bytes))  \(name)\n"
      }
      #expect(try text("\(folder)/SHA256SUMS") == lines.joined())
      let digest = try #require(try registry.load(version).digest)
      #expect(digest.hasPrefix(version) && SHA256.isDigest(digest))
      #expect(try registry.details(of: version).digest == digest)
      #expect(registry.activations.last?.digest == digest)
      // The tests' own reckoning comes to the same.
      #expect(try reseal(folder) == version)
    }
  }

  @Test(
    "A file that is changed under its name is refused, and named",
    arguments: [
      "forest.rf", "card.json", "evaluation.json", "confusion_matrix.png", "inspection.json",
      "SHA256SUMS",
    ])
  func changed(_ name: String) throws {
    try withVersion { registry, version, folder in
      let path = "\(folder)/\(name)"
      var bytes = Array(try Data(contentsOf: URL(filePath: path)))
      // A digit for another, where there are digits.
      let place = try #require(bytes.lastIndex { UInt8(ascii: "0")...UInt8(ascii: "8") ~= $0 })
      bytes[place] += 1
      _ = try write(bytes, to: path)
      let error = refusal(registry, version)
      #expect(error?.code == .damaged)
      #expect(error?.description.contains("its files are not those that its name") == true)
      #expect(name == "SHA256SUMS" || error?.description.hasSuffix(name) == true)
      #expect(throws: RegistryError.self) { try registry.load(version) }
      guard case .faulty = registry.verify(version) else {
        Issue.record("it is not sound")
        return
      }
    }
  }

  @Test(
    "A new list does not make another model the one of the name", arguments: ["forest", "card"])
  func resealed(_ what: String) throws {
    try withVersion { registry, version, folder in
      let other = try saveModel(in: registry.root, treeCount: 5, seed: 1)
      try registry.activate(version)
      for name in what == "forest" ? ["forest.rf"] : ["card.json"] {
        let bytes = try Data(contentsOf: URL(filePath: "\(registry.folder(of: other))/\(name)"))
        try bytes.write(to: URL(filePath: "\(folder)/\(name)"))
      }
      try FileManager.default.removeItem(atPath: "\(folder)/SHA256SUMS")
      try VersionFolder.seal(folder)
      #expect(refusal(registry, version)?.code == .damaged)
      // And without a list, as models of older programs had none.
      try FileManager.default.removeItem(atPath: "\(folder)/SHA256SUMS")
      #expect(refusal(registry, version)?.code == .damaged)
      #expect(registry.currentVersion == version)
    }
  }

  @Test("What is missing, or comes from elsewhere, is named", arguments: ["missing", "more"])
  func missing(_ what: String) throws {
    try withVersion { registry, version, folder in
      if what == "missing" {
        try FileManager.default.removeItem(atPath: "\(folder)/confusion_matrix.png")
      } else {
        _ = try write(Array("{}".utf8), to: "\(folder)/comparison.json")
      }
      let name = what == "missing" ? "confusion_matrix.png is missing" : "comparison.json"
      #expect(refusal(registry, version)?.description.contains(name) == true)
    }
  }

  @Test(
    "A link is refused",
    arguments: ["forest.rf", "card.json", "evaluation.json", "SHA256SUMS", "the folder", "current"])
  func link(_ name: String) throws {
    try withVersion { registry, version, folder in
      let path =
        ["the folder": folder, "current": registry.currentPath][name] ?? "\(folder)/\(name)"
      let moved = "\(registry.root)/moved"
      if name == "current" {
        unlink(path)
        try FileManager.default.copyItem(atPath: folder, toPath: moved)
      } else {
        try FileManager.default.moveItem(atPath: path, toPath: moved)
      }
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: moved)
      #expect(throws: RegistryError.self) { try registry.load(nil) }
      #expect(throws: RegistryError.self) { try registry.details() }
      if name != "current" { #expect(refusal(registry, version)?.code == .damaged) }
    }
  }

  @Test func theNameCountsCardAndEvaluationButNoTimeAndNoComparison() throws {
    try withVersion { registry, _, folder in
      let card = try text("\(folder)/card.json")
      let later = card.replacing(
        /"trained_at" : "[^"]*"/, with: "\"trained_at\" : \"2000-01-01T00:00:00Z\"")
      #expect(later != card)
      _ = try write(later.utf8, to: "\(folder)/card.json")
      let first = try reseal(folder)
      #expect(registry.folder(of: first) == folder)
      // A member of a program to come counts.
      let more = later.replacing("  \"trained_at\"", with: "  \"to_come\" : 1,\n  \"trained_at\"")
      _ = try write(more.utf8, to: "\(folder)/card.json")
      let second = try reseal(folder)
      #expect(second != first)
      try registry.activate(second)
      let path = "\(registry.folder(of: second))/evaluation.json"
      let evaluation = try text(path).replacing("\"samples\" : 60", with: "\"samples\" : 61")
      _ = try write(evaluation.utf8, to: path)
      #expect(try reseal(registry.folder(of: second)) != second)
    }
  }

  @Test(
    "What a name or a time is must not hide anything else",
    arguments: [
      "  \"trained_at\" : \"2000-01-01T00:00:00Z\", \"purpose\" : \"x\"",
      "  \"trained_at\" : \"evil\"", "  \"model_version\" : \"0123456789ab\\u000d\"",
      "    \"trained_at\" : \"2000-01-01T00:00:00Z\"",
    ])
  func hidden(_ line: String) {
    let card = "{\n\(line),\n  \"features\" : \"x\"\n}\n"
    #expect(VersionName.withoutNameAndTime(Array(card.utf8)) == Array(card.utf8))
    let twice = "  \"trained_at\" : \"2000-01-01T00:00:00Z\",\n"
    let left = String(
      decoding: VersionName.withoutNameAndTime(Array((twice + twice).utf8)), as: UTF8.self)
    #expect(left == "  \"trained_at\" : \"\",\n" + twice)
  }

  @Test(
    "A card that says what no training writes is refused",
    arguments: [
      (#""random_state" : 0"#, #""random_state" : 1e999"#),
      (#""coverage" : 0.95"#, #""coverage" : 1e999"#),
      (#""n_estimators" : 3"#, #""n_estimators" : 9223372036854775807"#),
      (#""program_version" : ""#, #""program_version" : "\u001b[31m"#),
      (#""program_version" : ""#, #""program_version" : "\n"#),
      (#""program_version" : ""#, "\"program_version\" : \"\u{202e}"),
      (#""trained_at" : "2"#, #""trained_at" : "<"#),
      (#""feature" : "Age""#, #""feature" : "age""#),
      (#""test_size" : 0.3"#, #""test_size" : 3"#),
    ])
  func wrongCard(_ old: String, _ new: String) throws {
    try withVersion { registry, _, folder in
      let card = try text("\(folder)/card.json")
      let changed = card.replacing(old, with: new)
      try #require(changed != card)
      _ = try write(changed.utf8, to: "\(folder)/card.json")
      let version = try reseal(folder)
      #expect(refusal(registry, version)?.code == .damaged)
      #expect(throws: RegistryError.self) { try registry.details(of: version) }
    }
  }

  @Test("A name with a line break is no name", arguments: ["\\n", "\\r\\nSet-Cookie: a=b", "x"])
  func lineBreak(_ rest: String) throws {
    try withVersion { registry, version, folder in
      let card = try text("\(folder)/card.json")
      _ = try write(
        card.replacing("\"\(version)\"", with: "\"\(version)\(rest)\"").utf8,
        to: "\(folder)/card.json")
      try FileManager.default.removeItem(atPath: "\(folder)/SHA256SUMS")
      try VersionFolder.seal(folder)
      #expect(refusal(registry, version)?.code == .damaged)
    }
  }

  @Test func levelsThatAFieldHasNotAreNoReference() throws {
    // A card may hold any numbers; none of them may end the process.
    let patients = [Patient](repeating: DocumentedPatient.first, count: 100)
    let reference = PatientSchema.drug200.fields.map {
      """
      {"feature": "\($0.name)", "distribution":
        {"values": [1e300], "counts": [100], "isGrouped": false}}
      """
    }
    let read = try JSONDecoder().decode(
      [ReferenceDistribution].self, from: Data("[\(reference.joined(separator: ","))]".utf8))
    let report = DriftReport(patients, of: .drug200, reference: read)
    #expect(report.findings.first { $0.field == .sex }?.status == .tooFew)
  }

  /// A forest file whose sections have been changed, with the checksums that these then have.
  private func withRightChecksums(_ forest: [UInt8]) -> [UInt8] {
    var bytes = forest
    func number<Value: FixedWidthInteger>(_ type: Value.Type, _ place: Int) -> Int {
      Int(bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: type) })
    }
    func put(_ content: [UInt8], at place: Int) {
      let hash = content.withUnsafeBytes { XXH64.hash($0) }
      bytes.replaceSubrange(place..<place + 8, with: withUnsafeBytes(of: hash) { Array($0) })
    }
    let end = 64 + 32 * number(UInt32.self, 12)
    for entry in stride(from: 64, to: end, by: 32) {
      let start = number(UInt64.self, entry + 8)
      put(Array(bytes[start..<start + number(UInt64.self, entry + 16)]), at: entry + 24)
    }
    put(Array(bytes[..<56] + bytes[64..<end]), at: 56)
    return bytes
  }

  @Test func countsThatAreTooManyTogetherAreNoReference() {
    let values = (0..<3).map { "\($0)" }.joined(separator: ",")
    let text = """
      {"values": [\(values)], "counts": [1099511627776, 1, 1], "isGrouped": false}
      """
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(ValueCounts.self, from: Data(text.utf8))
    }
  }

  @Test(
    "A forest that names two things alike, or so that nobody can be told, is refused",
    arguments: [("drugC", "drugX"), ("drugC", "dru\u{1b}C")])
  func alikeNames(_ old: String, _ new: String) throws {
    try withVersion { registry, version, folder in
      let path = "\(folder)/forest.rf"
      let bytes = Array(try Data(contentsOf: URL(filePath: path)))
      let place = try #require(
        bytes.indices.first { bytes[$0...].starts(with: old.utf8) })
      var forged = bytes
      forged.replaceSubrange(place..<place + old.utf8.count, with: new.utf8)
      _ = try write(withRightChecksums(forged), to: path)
      let named = try reseal(folder)
      #expect(refusal(registry, named)?.code == .damaged)
      guard case .faulty = registry.verify(named) else {
        Issue.record("it is not sound")
        return
      }
    }
  }

  @Test func aRegistryOfAnOlderProgramIsReadAndBroughtOver() throws {
    try withVersion { registry, version, folder in
      // As it was: no list, and a name that stands for the forest and the card.
      try FileManager.default.removeItem(atPath: "\(folder)/SHA256SUMS")
      let card = try text("\(folder)/card.json")
      let model = try #require(try? Data(contentsOf: URL(filePath: "\(folder)/forest.rf")))
      let hash = SHA256()
      Array(model).withUnsafeBytes { hash.update($0) }
      hash.update(
        card.replacing("\"\(version)\"", with: "\"\"")
          .replacing(/"trained_at" : "[^"]*"/, with: "\"trained_at\" : \"\""))
      let older = String(hash.finish().prefix(12))
      #expect(older != version)
      _ = try write(
        card.replacing("\"\(version)\"", with: "\"\(older)\"").utf8, to: "\(folder)/card.json")
      try FileManager.default.moveItem(atPath: folder, toPath: registry.folder(of: older))
      try registry.activate(older)
      #expect(try registry.load(nil).digest == nil)
      guard case .older = registry.verify(older) else {
        Issue.record("it is sound")
        return
      }
      try registry.adopt(older)
      #expect(try registry.load(nil).card.modelVersion == older)
      #expect(try registry.load(nil).digest != nil)
      _ = try write(Array("{}".utf8), to: "\(registry.folder(of: older))/evaluation.json")
      #expect(throws: RegistryError.self) { try registry.load(nil) }
    }
  }
}
