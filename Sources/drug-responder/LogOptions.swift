import ArgumentParser
import Records

/// How answered predictions are kept.
struct LogOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Keep each prediction in this SQLite database before it is answered.", valueName: "file"))
  var predictionLog: String?

  @Option(
    help: ArgumentHelp("Delete predictions older than this many days.", valueName: "number"))
  var retentionDays: Int?

  @Option(
    help: ArgumentHelp(
      "Keep so many megabytes free for the log, a sixteenth of its disk at most; 0 for none.",
      valueName: "number"))
  var logReserve = 16

  @Flag(
    help: """
      Wait for the disk with each commit: what was answered then survives a loss of power too, not only \
      the end of a process.
      """)
  var surviveLossOfPower = false

  @Flag(help: "Answer predictions although they cannot be kept, and say so in /health/ready.")
  var answerWithoutLog = false

  func validate() throws {
    guard retentionDays ?? 1 > 0 else {
      throw ValidationError("--retention-days is a number of days, 1 or more.")
    }
    guard 0...1_000_000 ~= logReserve else {
      throw ValidationError("--log-reserve is a number of megabytes, 0 to 1000000.")
    }
  }

  var settings: PredictionLog.Settings? {
    predictionLog.map { path in
      var settings = PredictionLog.Settings(path: path)
      settings.survivesLossOfPower = surviveLossOfPower
      settings.retentionDays = retentionDays
      settings.reserve = logReserve << 20
      return settings
    }
  }
}
