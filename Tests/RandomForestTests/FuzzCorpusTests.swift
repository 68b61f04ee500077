import FoundationEssentials
import TestSupport
import Testing

/// The inputs from which `make fuzz` starts, and those that once broke something.
struct FuzzCorpusTests {
  static let folder = "\(repositoryRoot)/Fuzz/corpus/forest"

  @Test(arguments: try! FileManager.default.contentsOfDirectory(atPath: folder).sorted())
  func aForestFileOfTheCorpusIsRefusedOrAnswersInRange(name: String) throws {
    let bytes = try Data(contentsOf: URL(filePath: "\(Self.folder)/\(name)"))
    let reception = try receive(bytes)
    // A seed has to be sound, or the fuzzer begins with what is refused at once.
    if !name.hasPrefix("finding-") { #expect(reception == .sound) }
  }
}
