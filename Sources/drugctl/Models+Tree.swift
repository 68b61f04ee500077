import ArgumentParser
import Models
import Patients
import RandomForest

extension Models {
  struct Tree: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes one tree of a model as rules to read, or as a drawing for Graphviz.",
      discussion: """
        'drugctl models tree --format dot | dot -Tsvg -o tree.svg' draws it. A tree is one of many, \
        which are right together: it shows how they decide, not what the model says.
        """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
      case text, dot
    }

    @Argument(help: ArgumentHelp("The version (default: the served one).", valueName: "version"))
    var version: String?

    @Option(help: ArgumentHelp("Which of the trees, from 0.", valueName: "number"))
    var tree = 0

    @Option(help: "Rules to read, or a drawing in the language DOT.")
    var format = Format.text

    @Option(
      help: ArgumentHelp(
        "How many tests one below the other are written (default: 10 as text, all as dot).",
        valueName: "tests"))
    var maxDepth: Int?

    @OptionGroup var models: ModelsOption

    func validate() throws {
      guard tree >= 0, maxDepth ?? 0 >= 0 else {
        throw ValidationError("--tree and --max-depth are numbers, 0 or more.")
      }
    }

    func run() throws {
      let forest = try models.registry.load(models.version(version)).forest
      guard tree < forest.treeCount else {
        throw ValidationError("The model has trees 0 to \(forest.treeCount - 1).")
      }
      let tree = try forest.tree(tree)
      let text =
        switch format {
        case .text:
          tree.text(naming: forest.schema, maximumDepth: maxDepth ?? 10, showsWeights: true)
        case .dot: tree.graphviz(naming: forest.schema, maximumDepth: maxDepth)
        }
      // Each line by itself, since an end of a line is no visible character.
      for line in text.split(separator: "\n") { print(String(line).visible) }
    }
  }
}
