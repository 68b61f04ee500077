import Foundation
import Patients
import TestSupport
import Testing
@testable import Models

/// Signed versions, with keys that openssl makes.
@Suite struct SigningTests {
  /// Makes a pair of keys and gives their files.
  private func keys(_ folder: String, _ name: String) throws -> (secret: String, open: String) {
    let pair = ("\(folder)/\(name).pem", "\(folder)/\(name).pub")
    try openssl("genpkey", "-algorithm", "ed25519", "-out", pair.0)
    try openssl("pkey", "-in", pair.0, "-pubout", "-out", pair.1)
    return pair
  }

  private func openssl(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }

  /// A folder of two models, the second one served, and a registry that trusts a key.
  private func withModels(
    _ body: (_ registry: ModelRegistry, _ versions: [String], _ key: String, _ folder: String)
      throws
      -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let pair = try keys(folder, "key")
      let models = "\(folder)/models"
      let versions = try [1, 2].map { try saveModel(in: models, treeCount: 2, seed: $0) }
      let registry = ModelRegistry(root: models, trusted: try TrustedKeys(path: pair.open))
      try body(registry, versions, pair.secret, folder)
    }
  }

  private func code(_ body: () throws -> some Any) -> RegistryError.Code? {
    do {
      _ = try body()
      return nil
    } catch {
      return (error as? RegistryError)?.code
    }
  }

  @Test func onlyWhatIsSignedIsServed() throws {
    try withModels { registry, versions, key, folder in
      #expect(code { try registry.activate(versions[0]) } == .notSigned)
      #expect(registry.currentVersion == versions[1])
      let signature = try registry.sign(versions[0], key: key)
      #expect(signature.replaces == (try registry.details().digest))
      #expect(try registry.details(of: versions[0]).signature == signature)
      try registry.activate(versions[0])
      #expect(registry.currentVersion == versions[0])
      // Another key is not trusted here.
      let other = try keys(folder, "other")
      _ = try registry.sign(versions[1], key: other.secret)
      #expect(code { try registry.activate(versions[1]) } == .notSigned)
      // Both keys are, while they are changed.
      let both =
        try Data(contentsOf: URL(filePath: "\(folder)/key.pub"))
        + Data(contentsOf: URL(filePath: other.open))
      let path = try write(both, to: "\(folder)/both.pub")
      try ModelRegistry(root: registry.root, trusted: TrustedKeys(path: path)).activate(versions[1])
    }
  }

  @Test("A signature holds for every byte", arguments: ["card.json", "SHA256SUMS", "signature"])
  func everyByte(_ name: String) throws {
    try withModels { registry, versions, key, _ in
      _ = try registry.sign(versions[0], key: key)
      let path = "\(registry.folder(of: versions[0]))/\(name)"
      var text = try String(contentsOfFile: path, encoding: .utf8)
      switch name {
      // The time is no part of the name, but it is signed.
      case "card.json":
        text.replace(/"trained_at" : "[^"]*"/, with: "\"trained_at\" : \"2000-01-01T00:00:00Z\"")
      case "signature": text.replace(/replaces .*/, with: "replaces nothing")
      default: break
      }
      _ = try write(text.utf8, to: path)
      if name == "card.json" || name == "SHA256SUMS" {
        let folder = registry.folder(of: versions[0])
        let picture = "\(folder)/confusion_matrix.png"
        if name == "SHA256SUMS" { _ = try write([1], to: picture) }
        try FileManager.default.removeItem(atPath: "\(folder)/SHA256SUMS")
        try VersionFolder.seal(folder)
        // Nobody who does not ask for signatures notices.
        try ModelRegistry(root: registry.root).activate(versions[0])
        try ModelRegistry(root: registry.root).activate(versions[1])
      }
      #expect(code { try registry.activate(versions[0]) } == .notSigned)
    }
  }

  @Test func anApprovalHoldsForTheStepThatItWasGivenFor() throws {
    try withModels { registry, versions, key, _ in
      let third = try saveModel(in: registry.root, treeCount: 2, seed: 3)
      try ModelRegistry(root: registry.root).activate(versions[0])
      for (version, before) in [
        (versions[0], ModelRegistry.Predecessor.nothing), (versions[1], .version(versions[0])),
        (third, .version(versions[1])),
      ] {
        _ = try registry.sign(version, key: key, following: before)
      }
      // The third does not follow the first.
      try FileManager.default.removeItem(atPath: registry.historyPath)
      #expect(code { try registry.activate(third) } == .notSigned)
      try registry.activate(versions[1])
      try registry.activate(third)
      // The first was approved before anything: not again.
      #expect(code { try registry.activate(versions[0]) } == .notSigned)
      #expect(try registry.rollBack().version == versions[1])
      #expect(try registry.rollBack().version == versions[0])
      // What was withdrawn is not served again by the approval that it had.
      #expect(code { try registry.activate(versions[1]) } == .notSigned)
      _ = try registry.sign(versions[1], key: key)
      try registry.activate(versions[1])
      // Signed anew for what is served, it may come back.
      try registry.activate(third)
      _ = try registry.sign(versions[0], key: key)
      try registry.activate(versions[0])
    }
  }

  @Test func whoGoesBackByNameWithdrawsWhatWasServed() throws {
    try withModels { registry, versions, key, _ in
      try FileManager.default.removeItem(atPath: registry.historyPath)
      _ = try registry.sign(versions[0], key: key)
      _ = try registry.sign(versions[1], key: key)
      try registry.activate(versions[0])
      try registry.activate(versions[1])
      #expect(registry.activations.last?.cause == .rollback)
      #expect(code { try registry.activate(versions[0]) } == .notSigned)
      // Signing what is served is no approval to serve it again.
      _ = try registry.sign(versions[0], key: key)
      try registry.activate(versions[0])
      _ = try registry.sign(versions[0], key: key)
      try registry.activate(versions[1])
      #expect(code { try registry.activate(versions[0]) } == .notSigned)
    }
  }

  @Test("Without what is served nothing is the first", arguments: ["gone", "astray", "damaged"])
  func lostLink(_ what: String) throws {
    try withModels { registry, versions, key, folder in
      let third = try saveModel(in: registry.root, treeCount: 2, seed: 3)
      for version in versions { try ModelRegistry(root: registry.root).activate(version) }
      for version in [versions[1], third] {
        _ = try registry.sign(version, key: key, following: .nothing)
      }
      #expect(code { try registry.activate(third) } == .notSigned)
      let link = registry.currentPath
      switch what {
      case "gone": try FileManager.default.removeItem(atPath: link)
      case "astray":
        try FileManager.default.removeItem(atPath: link)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder)
      default:
        try FileManager.default.removeItem(atPath: "\(registry.folder(of: versions[1]))/card.json")
      }
      let found = code { try registry.activate(third) }
      #expect(found == (what == "astray" ? .damaged : .notSigned))
      guard what != "astray" else { return }
      // What is signed now follows what the history says was served.
      let served = try #require(registry.activations.last?.digest)
      #expect(try registry.sign(third, key: key).replaces == served)
      if what == "gone" { try registry.activate(versions[1]) }
      try registry.activate(third)
    }
  }

  @Test func aSignatureThatSomebodyPlantedSaysNothingOfTheNext() throws {
    try withModels { registry, versions, key, folder in
      let other = try keys(folder, "other")
      let third = try saveModel(in: registry.root, treeCount: 2, seed: 3)
      try ModelRegistry(root: registry.root).activate(versions[1])
      _ = try registry.sign(versions[1], key: other.secret, following: .version(versions[0]))
      let signature = try registry.sign(versions[1], key: key)
      #expect(signature.replaces == (try registry.details(of: third).digest))
    }
  }

  @Test func openSSLReadsWhatIsSigned() throws {
    try withModels { registry, versions, key, folder in
      let signature = try registry.sign(versions[0], key: key)
      let text = try String(
        contentsOfFile: "\(registry.folder(of: versions[0]))/signature", encoding: .utf8)
      let lines = text.split(separator: "\n")
      let digits = Array(lines[7].dropFirst("ed25519 ".count))
      let bytes = stride(from: 0, to: 128, by: 2).map {
        UInt8(String(digits[$0...($0 + 1)]), radix: 16)!
      }
      let message = try write(
        lines[..<7].map { $0 + "\n" }.joined().utf8, to: "\(folder)/message")
      let file = try write(bytes, to: "\(folder)/bytes")
      try openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", "\(folder)/key.pub", "-rawin", "-in", message,
        "-sigfile", file)
      #expect(VersionSignature(parsing: Array(text.utf8)) == signature)
      for spoilt in ["", text + "\n", text.replacing("version", with: "Version"), "\(text) "] {
        #expect(VersionSignature(parsing: Array(spoilt.utf8)) == nil)
      }
    }
  }

  @Test func whatIsNoKeyIsRefused() throws {
    try withModels { registry, versions, key, folder in
      try openssl("genpkey", "-algorithm", "x25519", "-out", "\(folder)/x.pem")
      try openssl("pkey", "-in", "\(folder)/x.pem", "-pubout", "-out", "\(folder)/x.pub")
      let none = try write([], to: "\(folder)/none")
      for path in ["\(folder)/x.pem", none, "\(folder)/nowhere", "\(folder)/key.pub"] {
        #expect(throws: RegistryError.self) { try registry.sign(versions[0], key: path) }
      }
      for path in ["\(folder)/x.pub", none, "\(folder)/nowhere", key] {
        #expect(throws: RegistryError.self) { try TrustedKeys(path: path) }
      }
      // One block that cannot be read does not hide another.
      let good = try Data(contentsOf: URL(filePath: "\(folder)/key.pub"))
      let bad = Data("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n".utf8)
      let mixed = try write(good + bad, to: "\(folder)/mixed")
      #expect(throws: RegistryError.self) { try TrustedKeys(path: mixed) }
    }
  }

  @Test func aTrainingSavesWhatItCannotServeAndSaysWhy() throws {
    try withModels { registry, versions, _, _ in
      var options = TrainingOptions()
      options.treeCount = 3
      options.featureSets = [.continuous]
      let training = Training(
        drug200Source, options: options, promotion: .byForce, registry: registry)
      let result = try training.run()
      #expect(result.outcome == .saved && !result.isPromoted)
      #expect(registry.currentVersion == versions[1])
      let report = RetrainingReport(result, of: training, dataset: "drug200")
      #expect(!report.promoted)
      #expect(
        report.message
          == "Model \(result.version) trained, not promoted: model \(result.version) is not signed")
    }
  }
}
