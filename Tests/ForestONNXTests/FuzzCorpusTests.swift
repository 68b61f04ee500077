import Foundation
import RandomForest
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

  @Test(arguments: try! FileManager.default.contentsOfDirectory(atPath: folder).sorted())
  func aModelOfTheCorpusThatWasAlteredIsRefusedOrAnswersInRange(name: String) throws {
    let whole = Array(try Data(contentsOf: URL(filePath: "\(Self.folder)/\(name)")))
    var generator = SeededGenerator(seed: printedSeed())
    var refused = 0
    for _ in 0..<500 {
      var bytes = whole
      for _ in 0...generator.below(3) {
        bytes[generator.below(bytes.count)] = UInt8(generator.below(256))
      }
      if !receiveONNX(bytes) { refused += 1 }
    }
    #expect(refused > 0)
  }
}
