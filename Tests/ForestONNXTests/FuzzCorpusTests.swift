import Foundation
import TestSupport
import Testing

@testable import ForestONNX

/// The inputs from which `make fuzz` starts, and those that once broke something.
struct FuzzCorpusTests {
  static let folder = "\(repositoryRoot)/Fuzz/corpus/onnx"

  @Test(arguments: try! FileManager.default.contentsOfDirectory(atPath: folder).sorted())
  func aModelOfTheCorpusIsRefusedOrAnswersInRange(name: String) throws {
    let isKept = receiveONNX(Array(try Data(contentsOf: URL(filePath: "\(Self.folder)/\(name)"))))
    // A seed has to be sound, or the fuzzer begins with what is refused at once.
    if !name.hasPrefix("finding-") { #expect(isKept) }
  }
}
