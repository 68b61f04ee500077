import Models
import TestSupport
import Testing

@Suite struct LabelsTests {
  @Test func namesTagsAndNotesAreGivenShownAndTakenAway() throws {
    try withTemporaryFolder { folder in
      let old = try saveModel(in: folder, treeCount: 2)
      let new = try saveModel(in: folder, treeCount: 3)
      func models(_ words: String...) throws -> DrugCtlRun {
        try DrugCtlRun(["models"] + words + ["--models", folder])
      }
      #expect(try models("alias", "ward-3", old).output == "ward-3 stands for model \(old).\n")
      #expect(
        try models("alias", "ward-3", "champion").output
          == "ward-3 stands for model \(new) instead of \(old).\n")
      #expect(
        try models("alias", "ward-3", new).output == "ward-3 stands for model \(new) as before.\n")
      #expect(try models("alias", "ward-3", old).status == 0)
      #expect(
        try models("tag", "ward-3", "ward=3", "why=a=b").output
          == "Model \(old): ward=3, why=a=b.\n")
      #expect(try models("note", "ward-3", "of May").output == "Model \(old): noted.\n")
      let shown = try models("show", "ward-3")
      for line in ["aliases ward-3", "tag ward 3", "tag why a=b", "note of May"] {
        #expect(shown.lines.contains(line))
      }
      let list = try models("list")
      #expect(list.lines.contains { $0.hasPrefix(old) && $0.hasSuffix("KiB ward-3") })
      #expect(list.lines.contains { $0.hasPrefix(new) && $0.hasSuffix("KiB champion") })
      // Every command that takes a version takes its names.
      #expect(try models("tree", "ward-3").status == 0)
      #expect(try models("verify", "ward-3").output.hasPrefix("\(old)  sound"))
      let table = "\(repositoryRoot)/data/drug200.csv"
      for name in ["ward-3", "champion"] {
        let version = name == "champion" ? new : old
        for words in [
          ["predict", "--data", table, "--output", "\(folder)/\(name).csv", "--model", name],
          ["evaluate", "--model", name],
          ["export", "--onnx", "\(folder)/\(name).onnx", "--model", name],
          ["report", name, "--output", "\(folder)/\(name).html"],
        ] {
          let run = try DrugCtlRun(words + ["--models", folder])
          #expect(run.status == 0, "\(words[0]): \(run.errors)")
          #expect(run.output.contains(version), "\(words[0])")
        }
      }
      #expect(
        try models("activate", "ward-3").output == "Model \(old) is served instead of \(new).\n")

      #expect(
        try models("tag", "ward-3", "--remove", "ward", "--remove", "why").output
          == "Model \(old): no tags.\n")
      #expect(try models("note", "ward-3").output == "Model \(old): no note.\n")
      #expect(
        try models("alias", "ward-3", "--remove").output
          == "ward-3 no longer stands for model \(old).\n")
      let gone = try models("show", "ward-3")
      #expect(gone.status == 1 && gone.errors.contains("there is no model ward-3"))
    }
  }

  @Test func whatCannotBeIsRefusedInALine() throws {
    try withTemporaryFolder { folder in
      let version = try saveModel(in: folder, treeCount: 2)
      for (words, reason) in [
        (["alias", "shadow", version], "the name shadow is reserved"),
        (["alias", "ward", "0123456789ab"], "there is no model 0123456789ab"),
        (["alias", "ward"], "name the version"), (["alias", "ward", "--remove"], "no version has"),
        (["tag", version], "name a tag"), (["tag", version, "ward"], "a tag is key=value"),
        (["tag", version, "a b=c"], "a tag's key is"),
        (["note", version, "a\u{1b}b"], "a note is"),
      ] {
        let run = try DrugCtlRun(["models"] + words + ["--models", folder])
        #expect(run.status != 0 && run.output.isEmpty && run.errors.contains(reason), "\(words)")
      }
    }
  }

  @Test func aNamedModelStaysWhenOldOnesAreRemoved() throws {
    try withTemporaryFolder { folder in
      let versions = try (1...5).map { try saveModel(in: folder, treeCount: $0) }
      let registry = ModelRegistry(root: folder)
      let old = try registry.prunable(keeping: 1).map(\.version)
      try registry.setAlias("ward-3", to: old[0])
      let run = try DrugCtlRun("models", "prune", "--keep", "1", "--yes", "--models", folder)
      #expect(run.lines.last == "Removed \(old.count - 1) model\(old.count == 2 ? "" : "s").")
      #expect(registry.versions == versions.filter { !old.dropFirst().contains($0) }.sorted())
    }
  }
}
