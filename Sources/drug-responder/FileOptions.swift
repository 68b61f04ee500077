import ArgumentParser

/// The files that a responder works with while it runs.
struct FileOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The folder of temporary files.", valueName: "folder"))
  var temporaryFolder = "/tmp"

  @Option(
    help: ArgumentHelp(
      "The most megabytes of a table's answer; the web server must store 2 more.",
      valueName: "number"))
  var tableAnswer = 1000

  @Option(
    help: ArgumentHelp(
      "The description of the interface for drug200 (default: none is told).", valueName: "file"))
  var interface: String?

  func validate() throws {
    guard 1...1_000_000 ~= tableAnswer else {
      throw ValidationError("--table-answer is a number of megabytes from 1 to 1000000.")
    }
  }

  @Option(
    help: ArgumentHelp(
      "Count in this file, together with the other processes of the service.",
      valueName: "file"))
  var counters: String?
}
