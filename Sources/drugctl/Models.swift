import ArgumentParser
import Models
import POSIX

struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      """
      Lists models, shows one or a tree, names and notes, serves another, tries one unseen, goes back, \
      checks, signs, removes.
      """,
    discussion:
      "Wherever a version is asked for, an alias of one does: champion is the served one.",
    subcommands: [
      List.self, Show.self, Tree.self, Alias.self, Tag.self, Note.self, Activate.self,
      Rollback.self, Shadow.self, Prune.self, Verify.self, Sign.self,
    ],
    defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the models, the newest first.")

    @OptionGroup var models: ModelsOption

    func run() throws {
      let summaries = models.registry.summaries
      guard !summaries.isEmpty else {
        print("There are no models in \(models.models): drugctl pipeline makes one.")
        return
      }
      for line in Reports.models(summaries, before: models.registry.versionBefore) { print(line) }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows what is known of the served model, or of another version.")

    @Argument(help: ArgumentHelp("The version (default: the served one).", valueName: "version"))
    var version: String?

    @Flag(help: "Write the model card as a page in Markdown.")
    var markdown = false

    @OptionGroup var models: ModelsOption

    func run() throws {
      let details = try models.registry.details(of: try models.version(version))
      if markdown {
        print(ModelPage(details).text, terminator: "")
      } else {
        let served = models.registry.currentVersion
        let labels = models.registry.allLabels()[details.card.modelVersion]
        for line in Reports.model(
          details, isServed: served == details.card.modelVersion, labels)
        {
          print(line)
        }
        if let differences = differences(details, from: served) {
          for line in [""] + Reports.differences(differences) { print(line) }
        }
      }
    }

    private func differences(_ details: ModelDetails, from served: String?) -> ModelDifferences? {
      guard let served, served != details.card.modelVersion,
        let other = try? models.registry.details(of: served)
      else { return nil }
      return ModelDifferences(from: .init(other), to: .init(details))
    }
  }

  struct Activate: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serves a version.")

    @Argument(help: "The version.")
    var version: String

    @Option(help: ArgumentHelp("Why, for the history.", valueName: "words"))
    var reason: String?

    @OptionGroup var models: ModelsOption

    func run() throws {
      let version = try models.registry.version(named: version)
      let previous = try models.registry.activate(version, reason: reason)
      print(
        previous == version
          ? "Model \(version) is served as before."
          : "Model \(version) is served\(previous.map { " instead of \($0)" } ?? "").")
    }
  }

  struct Rollback: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Serves the version before the served one again; once more, the one before that.")

    @Option(help: ArgumentHelp("Why, for the history.", valueName: "words"))
    var reason: String?

    @OptionGroup var models: ModelsOption

    func run() throws {
      let (version, previous) = try models.registry.rollBack(reason: reason)
      print("Model \(version) is served again instead of \(previous).")
    }
  }

  struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Removes old models, never the served one nor the one before it.",
      discussion: """
        One with an alias stays: whoever named it counts on it. Its tags and its note go with a model. \
        What a removed model has answered can no longer be computed again ('drugctl replay').
        """)

    @Option(help: ArgumentHelp("How many of the newest stay, 1 or more.", valueName: "number"))
    var keep: Int

    @Flag(help: "Remove them without asking.")
    var yes = false

    @OptionGroup var models: ModelsOption

    func validate() throws {
      guard keep >= 1 else { throw ValidationError("--keep is a number of models, 1 or more.") }
    }

    func run() throws {
      let registry = models.registry
      let old = try registry.prunable(keeping: keep)
      guard !old.isEmpty else {
        print("There is nothing to remove.")
        return
      }
      for line in Reports.models(old, before: nil) { print(line) }
      guard yes || confirms(old.count) else {
        print("Nothing was removed.")
        return
      }
      for model in old { try registry.remove(model.version) }
      print("Removed \(old.count) \(old.count == 1 ? "model" : "models").")
    }

    private func confirms(_ count: Int) -> Bool {
      print("Remove \(count == 1 ? "this model" : "these \(count) models")? [y/N] ", terminator: "")
      fflush(nil)
      return ["y", "yes"].contains(readLine()?.lowercased())
    }
  }
}
