import ArgumentParser
import DrugService
import POSIX

/// What administrators may do over REST, and with what.
struct AdministrationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Keep a record of what administrators do in this SQLite database.", valueName: "file"))
  var auditLog: String?

  @Option(
    help: ArgumentHelp(
      "The audit log's second record, best on another disk (default: audit.heads beside it).",
      valueName: "file"))
  var auditHeads: String?

  @Option(
    help: ArgumentHelp(
      "Those who may sign in: names, hashes of passwords, roles.", valueName: "file"))
  var passwords: String?

  @Flag(help: "Let nobody predict who has neither a name nor a key.")
  var signInToPredict = false

  @Option(help: ArgumentHelp("The keys of programs that predict.", valueName: "file"))
  var keys: String?

  @Option(
    help: ArgumentHelp(
      "The program that retrains (default: drugctl beside this one).", valueName: "path"))
  var drugctl: String?

  @Option(help: ArgumentHelp("The CSV file of the table drug200.", valueName: "file"))
  var data = "data/drug200.csv"

  var retraining: RetrainingSettings {
    RetrainingSettings(command: [drugctl ?? Self.neighbour, "retrain"], data: data)
  }

  /// `drugctl` in the folder of this program.
  private static var neighbour: String {
    guard let path = DurableFile.resolved("/proc/self/exe") else { return "drugctl" }
    return "\(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])/drugctl"
  }
}
