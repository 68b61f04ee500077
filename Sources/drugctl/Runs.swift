import ArgumentParser
import Records

struct Runs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists runs, shows one, compares several, names one, writes them as JSON.",
    discussion: "Every train, pipeline, retrain and optimize is a run.",
    subcommands: [List.self, Show.self, Compare.self, Note.self, Export.self],
    defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the newest runs.")

    @OptionGroup var models: ModelsOption

    @Option(help: ArgumentHelp("The most runs to list.", valueName: "number"))
    var limit = 20

    func validate() throws {
      guard limit > 0 else { throw ValidationError("--limit is a number of runs, 1 or more.") }
    }

    func run() throws {
      let runs = try RunStore(reading: models.runs).newest(limit)
      for line in Reports.runs(runs) { print(line) }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows all that is known of a run.")

    @Argument(help: "The number of the run.")
    var id: Int64

    @OptionGroup var models: ModelsOption

    func run() throws {
      let store = try RunStore(reading: models.runs)
      let run = try store.run(id)
      for line in Reports.run(run) { print(line) }
      let trials = try store.trials(of: run)
      if !trials.isEmpty {
        print()
        for line in Reports.trials(trials) { print(line) }
      }
    }
  }

  struct Note: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Gives a run a name and a note, in place of those that it has.",
      discussion: "Without either, both are taken away.")

    @Argument(help: "The number of the run.")
    var id: Int64

    @Option(help: "The name.")
    var name = ""

    @Option(help: "The note.")
    var note = ""

    @OptionGroup var models: ModelsOption

    func run() throws {
      _ = try RunStore(reading: models.runs).run(id)
      try RunStore(root: models.runs).keep(
        RunRemark(name: name, note: note, user: RunRecorder.userHere ?? ""), of: id)
    }
  }

  struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows runs side by side: what was decided differently, and what came of it.")

    @Argument(help: "The numbers of two runs or more.")
    var ids: [Int64]

    @OptionGroup var models: ModelsOption

    func validate() throws {
      guard ids.count >= 2 else { throw ValidationError("Name two runs or more.") }
    }

    func run() throws {
      let store = try RunStore(reading: models.runs)
      for line in Reports.compared(try ids.map { try store.run($0) }) { print(line) }
    }
  }
}
