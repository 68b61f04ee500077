import ArgumentParser

struct Explore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows shape, types, missing values, statistics and drugs of a CSV file.")

  @OptionGroup var data: DataOptions

  func run() throws {
    let workflow = Workflow(console: Console(stageCount: 2))
    workflow.explore(try workflow.load(data))
  }
}
