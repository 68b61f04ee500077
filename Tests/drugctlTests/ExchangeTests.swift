import Models
import Foundation
import TestSupport
import Testing

/// `drugctl export` and `drugctl import`.
@Suite struct ExchangeTests {
  @Test func aModelIsWrittenReadAndServed() throws {
    try withTemporaryFolder { folder in
      let version = try saveModel(in: folder)
      let path = "\(folder)/model.onnx"
      let written = try DrugCtlRun("export", "--onnx", path, "--models", folder)
      #expect(written.status == 0)
      #expect(written.output.hasPrefix("Model \(version) written to \(path): 10 trees, "))

      let read = try DrugCtlRun("import", "--onnx", path, "--models", folder)
      #expect(read.status == 0)
      let imported = try #require(read.output.firstMatch(of: /Model ([0-9a-f]{12}) saved in/)).1
      #expect(read.lines[1] == "10 trees, continuous features")
      #expect(read.lines.last == "To serve it: drugctl models activate \(imported)")
      #expect(try ServedFolder(folder).version == version)
      let again = try DrugCtlRun("import", "--onnx", path, "--models", folder)
      #expect(again.output.hasPrefix("Model \(imported) exists already, byte for byte:"))

      let served = try DrugCtlRun("models", "activate", "\(imported)", "--models", folder)
      #expect(served.output == "Model \(imported) is served instead of \(version).\n")
      let shown = try DrugCtlRun("models", "show", "--models", folder)
      #expect(shown.lines.contains("file ONNX, by drug-classifier \(programVersion)"))
      #expect(!shown.output.contains("held out"))
      let list = try DrugCtlRun("models", "--models", folder)
      #expect(list.lines.contains { $0.hasPrefix("\(imported) served") && $0.contains("– ONNX") })
      let page = try DrugCtlRun("models", "show", "--markdown", "--models", folder)
      #expect(page.output.contains("It was not trained here."))
      let judged = try DrugCtlRun("evaluate", "--models", folder)
      #expect(judged.status == 0)
      #expect(judged.output.contains("whether it was trained on them is not known"))

      // A version that is not served is written as well, also one that was imported.
      let other = try DrugCtlRun(
        "export", "--onnx", path, "--model", "\(imported)", "--models", folder)
      #expect(other.output.hasPrefix("Model \(imported) written"))
    }
  }

  @Test func whatCannotBeReadIsRefusedAndNothingIsSaved() throws {
    try withTemporaryFolder { folder in
      let path = try write(Array("not a model".utf8), to: "\(folder)/wrong.onnx")
      let run = try DrugCtlRun("import", "--onnx", path, "--models", "\(folder)/models")
      #expect(run.status == 1)
      #expect(run.errors.hasPrefix("Error: this is not a file in ONNX"))
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/models"))
      let missing = try DrugCtlRun("import", "--onnx", "\(folder)/none.onnx", "--models", folder)
      #expect(missing.status == 1 && missing.errors.contains("No such file"))
      #expect(try DrugCtlRun("import", "--models", folder).status == 64)
      #expect(try DrugCtlRun("export", "--onnx", path, "--models", "\(folder)/none").status == 1)
    }
  }
}
