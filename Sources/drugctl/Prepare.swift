import ArgumentParser
import DrugClassifier
import Glibc
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
    var workflow = Workflow(console: Console(stageCount: output == nil ? 2 : 3))
    preparation.apply(to: &workflow.options)
    let table = try workflow.load(data)
    let split = try workflow.prepare(table)
    guard let output, let featureSet = preparation.features else { return }
    try workflow.console.stage("Write") {
      guard mkdir(output, 0o755) == 0 || errno == EEXIST else { throw SystemError("mkdir", output) }
      let schema = FeatureSchema(fitting: split.training, encodings: featureSet.encodings)
      let training = try featureSet.prepare(
        split.training, schema, applySMOTE: workflow.options.appliesSMOTE(to: featureSet),
        preparation.randomState)
      try write(training, to: "\(output)/train.csv")
      try write(schema.encode(split.test), to: "\(output)/test.csv")
    }
  }

  private func write(_ dataset: Dataset, to path: String) throws {
    var text = (dataset.features.map(\.name) + ["Drug", "count"]).joined(separator: ",") + "\n"
    for row in 0..<dataset.rowCount {
      let cells =
        dataset.row(row).map(\.plain)
        + [dataset.classes[dataset.labels[row]], "\(dataset.weights[row])"]
      text += cells.joined(separator: ",") + "\n"
    }
    try text.withUTF8 { utf8 in
      try DurableFile.write(UnsafeRawBufferPointer(utf8), to: path)
    }
    print("  \(path): \(dataset.sampleCount) patients, \(dataset.rowCount) rows")
  }
}
