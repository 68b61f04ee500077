import Foundation
import Patients
import RandomForest
import TestSupport
import Testing
@testable import Models

@Suite struct DatasetStoreTests {
  private let row = "45,M,HIGH,NORMAL,15.5,DrugY\n"

  private func store(_ root: String) -> DatasetStore {
    DatasetStore(root: root, builtInPath: "\(repositoryRoot)/data/drug200.csv")
  }

  @Test func aTableIsKeptUnderItsNameAndDigest() throws {
    try withTemporaryFolder { root in
      let store = store(root)
      let file = try write(Array((header + row).utf8), to: "\(root)/a.csv")
      let added = try store.add("ward-3", file: file, schema: .drug200)
      #expect(!added.wasThere && added.digest.count == 12)
      let path = try store.path(of: "ward-3")
      let kept = try PatientTable(path: path, schema: .drug200)
      #expect(kept.digest.hasPrefix(added.digest) && kept.dataset.sampleCount == 1)
      #expect(try store.add("ward-3", file: file, schema: .drug200).wasThere)

      _ = try write(Array((header + row + row).utf8), to: file)
      let second = try store.add("ward-3", file: file, schema: .drug200)
      #expect(!second.wasThere && second.digest != added.digest)
      #expect(try PatientTable(path: path, schema: .drug200).dataset.sampleCount == 2)
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(root)/datasets/ward-3")
      #expect(
        Set(names) == ["current", "current.json", "\(added.digest).csv", "\(second.digest).csv"])
      // What the name had before is there, and can be had again.
      _ = try write(Array((header + row).utf8), to: file)
      #expect(try !store.add("ward-3", file: file, schema: .drug200).wasThere)
      #expect(try PatientTable(path: path, schema: .drug200).dataset.sampleCount == 1)

      let entries = store.entries
      #expect(entries.map(\.name) == ["drug200", "ward-3"])
      #expect(entries[0].samples == 200 && entries[0].uploadedAt == nil)
      #expect(entries[1].digest == added.digest && entries[1].uploadedAt != nil)
    }
  }

  @Test func aWrongTableChangesNothing() throws {
    try withTemporaryFolder { root in
      let store = store(root)
      let file = try write(Array((header + row).utf8), to: "\(root)/a.csv")
      let added = try store.add("ward", file: file, schema: .drug200)
      _ = try write(Array((header + "450,M,HIGH,NORMAL,15.5,DrugY\n").utf8), to: file)
      let error = #expect(throws: TableError.self) {
        try store.add("ward", file: file, schema: .drug200)
      }
      #expect(error?.path == file && error?.problems.count == 1)
      #expect(error?.summary().contains("line 2, column Age") == true)
      #expect(error?.summary().contains("450") == false && error?.summary().contains(file) == false)
      #expect(store.entries.map(\.digest).last == added.digest)
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(root)/datasets/ward")
      #expect(names.count == 3)
    }
  }

  @Test func aTableInUTF16IsKeptAsItCame() throws {
    try withTemporaryFolder { root in
      let text = (header + row).replacing(",", with: "\t").replacing(".", with: ",")
      let units = text.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
      let bytes: [UInt8] = [0xff, 0xfe] + units
      let added = try store(root).add(
        "ward", file: try write(bytes, to: "\(root)/a.txt"), schema: .drug200)
      #expect(added.table.dialect.description == "UTF-16, separated by tabs, decimal commas")
      #expect(added.digest == SHA256.digest(of: bytes).prefix(12))
      let kept = try Data(contentsOf: URL(filePath: try store(root).path(of: "ward")))
      #expect(Array(kept) == bytes)
    }
  }

  /// The rights of all that lies in a folder, as far as anybody but the owner has them.
  private func rightsOfOthers(in folder: String) throws -> [String: mode_t] {
    var rights: [String: mode_t] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) + [""] {
      var status = stat()
      try #require(stat("\(folder)/\(name)", &status) == 0)
      rights[name] = status.st_mode & 0o077
    }
    return rights.filter { $0.value != 0 }
  }

  @Test func aTableIsItsOwnersAloneAndOneThatWasNotIsMended() throws {
    try withTemporaryFolder { root in
      let store = store(root)
      let file = try write(Array((header + row).utf8), to: "\(root)/a.csv")
      let added = try store.add("ward", file: file, schema: .drug200)
      #expect(try rightsOfOthers(in: "\(root)/datasets").isEmpty)
      let folder = "\(root)/datasets/ward"
      for (path, mode) in [
        ("\(root)/datasets", 0o755), (folder, 0o755), ("\(folder)/\(added.digest).csv", 0o644),
      ] as [(String, mode_t)] { try #require(chmod(path, mode) == 0) }
      #expect(try store.add("ward", file: file, schema: .drug200).wasThere)
      #expect(try rightsOfOthers(in: "\(root)/datasets").isEmpty)
    }
  }

  @Test(arguments: ["", "Zaphod,43.21098\n", "none"]) func whatIsRefusedLeavesNothing(
    _ text: String
  ) throws {
    try withTemporaryFolder { root in
      let file = "\(root)/a.csv"
      if text != "none" { _ = try write(Array(text.utf8), to: file) }
      #expect(throws: (any Error).self) {
        try store(root).add("ward", file: file, schema: .drug200)
      }
      #expect(!FileManager.default.fileExists(atPath: "\(root)/datasets"))
    }
  }

  @Test func aTableOfMoreThan64MBIsRefusedUnread() throws {
    try withTemporaryFolder { root in
      let file = try write([], to: "\(root)/large.csv")
      #expect(truncate(file, off_t(DatasetStore.maximumByteCount + 1)) == 0)
      let error = #expect(throws: TableError.self) {
        try store(root).add("large", file: file, schema: .drug200)
      }
      #expect(error?.message.contains("more than 67,108,864") == true)
    }
  }

  @Test(
    arguments: [
      "", "A", "a/b", "..", "a_b", "drug200", String(repeating: "a", count: 41), "--force", "-",
      "-a",
    ])
  func aNameThatCannotBeIsRefused(_ name: String) throws {
    try withTemporaryFolder { root in
      let file = try write(Array((header + row).utf8), to: "\(root)/a.csv")
      #expect(throws: RegistryError.self) {
        try store(root).add(name, file: file, schema: .drug200)
      }
      #expect(!FileManager.default.fileExists(atPath: "\(root)/datasets"))
    }
  }

  @Test func aNameThatIsNotThereIsToldWithThoseThatAre() throws {
    try withTemporaryFolder { root in
      let error = #expect(throws: RegistryError.self) { try store(root).path(of: "nothing") }
      #expect(error?.code == .unknownDataset)
      #expect(error?.description == "there is no table of this name; there are: drug200")
      let builtIn = try store(root).path(of: "drug200")
      #expect(builtIn == "\(repositoryRoot)/data/drug200.csv")
    }
  }
}
