import ArgumentParser
import Patients

struct Explore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows shape, types, missing values, statistics and drugs of a CSV file.")

  @OptionGroup var data: DataOptions

  func run() throws {
    let console = Console(stages: ["load", "explore"])
    let table = try data.load(console)
    console.stage { TrainingPage.explore(table).forEach { print($0) } }
  }
}
