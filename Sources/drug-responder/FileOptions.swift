import ArgumentParser

/// The files that a responder works with while it runs.
struct FileOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The folder of temporary files.", valueName: "folder"))
  var temporaryFolder = "/tmp"

  @Option(
    help: ArgumentHelp(
      "Count in this file, together with the other processes of the service.",
      valueName: "file"))
  var counters: String?
}
