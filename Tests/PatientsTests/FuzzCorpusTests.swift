import Patients
import FoundationEssentials
import TestSupport
import Testing

/// The inputs from which `make fuzz` starts, and those that once broke something.
struct FuzzCorpusTests {
  static let folder = "\(repositoryRoot)/Fuzz/corpus/csv"

  @Test(arguments: try! FileManager.default.contentsOfDirectory(atPath: folder).sorted())
  func aTableOfTheCorpusIsReadAlikeHoweverItIsCut(name: String) throws {
    let path = "\(Self.folder)/\(name)"
    let bytes = Array(try Data(contentsOf: URL(filePath: path)))
    let whole = TableReading(bytes, pieceLength: bytes.count + 1)
    for length in [1, 2, 7, 64] {
      #expect(TableReading(bytes, pieceLength: length) == whole, "pieces of \(length) bytes")
    }
    if let table = try? PatientTable(path: path, schema: .drug200, skipInvalid: true) {
      #expect(whole.fault(of: table) == nil)
    }
  }
}
