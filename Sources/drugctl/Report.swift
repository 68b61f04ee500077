import ArgumentParser
import Models
import POSIX

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a report of the served model, or of another version, as one HTML file.",
    discussion: """
      It holds the card, scores, plots and curves, and needs nothing else: no network, no script. \
      --plots writes the plots as SVG and PNG too.
      """)

  @Argument(help: ArgumentHelp("The version (default: the served one).", valueName: "version"))
  var version: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The file (default: model-VERSION.html).", valueName: "file.html"))
  var output: String?

  @Option(help: ArgumentHelp("A folder for the plots, as SVG and PNG.", valueName: "folder"))
  var plots: String?

  @OptionGroup var models: ModelsOption

  func run() throws {
    let registry = models.registry
    let model = try registry.load(models.version(version))
    let report = try ModelReport(
      registry.details(of: model.card.modelVersion), of: model,
      registry.inspection(of: model.card.modelVersion))
    let path = output ?? "model-\(model.card.modelVersion).html"
    try DurableFile.write(Array(report.html.utf8), to: path)
    print("Report of model \(model.card.modelVersion) written to \(path).")
    guard let plots else { return }
    try DurableFile.makeFolders(plots)
    for plot in report.plots.all {
      try DurableFile.write(Array(plot.svg.utf8), to: "\(plots)/\(plot.name).svg")
      try DurableFile.write(plot.png(), to: "\(plots)/\(plot.name).png")
    }
    print("\(report.plots.all.count) plots written to \(plots), each as SVG and PNG.")
  }
}
