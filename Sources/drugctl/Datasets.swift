import ArgumentParser
import Models
import Patients
import RandomForest

struct Datasets: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the tables that models can be trained on, adds one, shows one.",
    subcommands: [List.self, Add.self, Show.self], defaultSubcommand: List.self)

  /// Where tables are kept.
  struct Place: ParsableArguments {
    @OptionGroup var models: ModelsOption

    @Option(help: ArgumentHelp("The file of the table drug200.", valueName: "file"))
    var data = "data/drug200.csv"

    var store: DatasetStore { DatasetStore(root: models.models, builtInPath: data) }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the tables.")

    @OptionGroup var place: Place

    func run() {
      var text = TextTable(["table", "patients", "digest", "added (UTC)"], wordColumns: [0, 2, 3])
      for entry in place.store.entries {
        text.add([
          entry.name, entry.samples.grouped, entry.digest,
          entry.uploadedAt?.tableTime ?? "–",
        ])
      }
      for line in text.lines { print(line) }
    }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Checks a CSV file of patients, 64 MB at most, and keeps a copy under a name.")

    @Argument(help: "The name: \(DatasetStore.nameWords).")
    var name: String

    @Argument(help: "The CSV file.")
    var file: String

    @OptionGroup var description: DescriptionOptions
    @OptionGroup var problems: ProblemOptions
    @OptionGroup var place: Place

    func run() throws {
      let added = try add()
      let dataset = added.table.dataset
      print(
        added.wasThere
          ? "\(name) has this content already, digest \(added.digest)."
          : "\(name): \(dataset.sampleCount) patients in \(dataset.rowCount) rows, digest"
            + " \(added.digest).")
      if !added.table.dialect.isPlain { print("Read as \(added.table.dialect).") }
      print("To train on it: drugctl retrain --dataset \(name)")
    }

    private func add() throws -> DatasetStore.Addition {
      do {
        return try place.store.add(
          name, file: file, schema: try description.schema(of: file))
      } catch var error as TableError {
        error.tellsEachProblem = problems.allProblems
        throw error
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows shape, drugs and statistics of a table.")

    @Argument(help: "The name.")
    var name: String

    @OptionGroup var place: Place

    func run() throws {
      let table = try PatientTable(
        path: try place.store.path(of: name), schema: try place.store.schema(of: name))
      print(
        "\(name): \(table.dataset.sampleCount) patients in \(table.dataset.rowCount) rows, sha256"
          + " \(table.digest)\n")
      for line in Reports.columns(table) + [""] + Reports.classes(table.dataset) + [""]
        + Reports.statistics(table.dataset)
      {
        print(line)
      }
    }
  }
}
