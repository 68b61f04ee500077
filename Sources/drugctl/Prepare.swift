import ArgumentParser
import Models
import POSIX
import Patients
import RandomForest

struct Prepare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows how rows are split, binned, one-hot encoded and resampled.")

  @OptionGroup var data: DataOptions
  @OptionGroup var preparation: PreparationOptions

  @Option(
    help: ArgumentHelp(
      "Write the encoded training and test rows of one feature set to <folder>/train.csv and test.csv.",
      valueName: "folder"))
  var output: String?

  func validate() throws {
    guard output == nil || preparation.features != nil else {
      throw ValidationError("--output needs one feature set: add --features binned or continuous.")
    }
  }

  func run() throws {
    let console = Console(stages: ["load", "prepare"] + (output == nil ? [] : ["write"]))
    var options = TrainingOptions()
    preparation.apply(to: &options)
    let table = try data.load(console)
    let (prepared, test) = try console.stage {
      let split = try options.split(table.dataset)
      let prepared = try options.featureSets(of: table.schema).map {
        try options.prepare($0, table.schema, split.training)
      }
      TrainingPage.prepare(prepared, split.test, options).forEach { print($0) }
      return (prepared, split.test)
    }
    guard let output, let rows = prepared.first else { return }
    try console.stage {
      if mkdir(output, PrivateFile.folderMode) != 0, errno != EEXIST {
        throw SystemError("mkdir", output)
      }
      try write(rows.columns, table.schema.target, to: "\(output)/train.csv")
      try write(rows.schema.encode(test), table.schema.target, to: "\(output)/test.csv")
    }
  }

  private func write(_ dataset: Dataset, _ target: PatientField, to path: String) throws {
    var bytes: [UInt8] = []
    func append(_ cells: [String]) {
      CSVWriter.append(cells, to: &bytes)
      bytes.replaceSubrange((bytes.count - 2)..., with: "\n".utf8)
    }
    append(dataset.features.map(\.name) + [target.name, "count"])
    for row in 0..<dataset.rowCount {
      let cells =
        dataset.row(row).map(\.plain)
        + [dataset.classes[dataset.labels[row]], "\(dataset.weights[row])"]
      append(cells)
    }
    try DurableFile.write(bytes, to: path, mode: PrivateFile.mode)
    print("  \(path): \(dataset.sampleCount) patients, \(dataset.rowCount) rows")
  }
}
