import ArgumentParser
import Records

/// How answered predictions are kept.
struct LogOptions: ParsableArguments {
  /// How long predictions are kept.
  struct Term: ExpressibleByArgument {
    /// nil for ever.
    let days: Int?

    init(days: Int?) { self.days = days }

    init?(argument: String) {
      if argument == "forever" {
        days = nil
      } else if let number = Int(argument) {
        days = number
      } else {
        return nil
      }
    }

    var defaultValueDescription: String { days.map { "\($0)" } ?? "forever" }
  }

  @Option(
    help: ArgumentHelp(
      """
      Keep each prediction in this SQLite database, or one of PostgreSQL (postgresql://host/name), \
      before it is answered.
      """, valueName: "file"))
  var predictionLog: String?

  @Option(
    help: ArgumentHelp(
      "Delete predictions older than this many days; 'forever' keeps them.", valueName: "number"))
  var retentionDays = Term(days: 365)

  @Option(
    help: ArgumentHelp(
      "Delete the oldest predictions when the database holds more than this many megabytes.",
      valueName: "number"))
  var logLimit: Int?

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
    // A hundred years and more are for ever, and no overflow.
    guard 1...36_500 ~= retentionDays.days ?? 1 else {
      throw ValidationError(
        "--retention-days is a number of days, 1 or more (36500 at most), or forever.")
    }
    guard 1...10_000_000 ~= logLimit ?? 1 else {
      throw ValidationError("--log-limit is a number of megabytes, 1 or more.")
    }
    guard 0...1_000_000 ~= logReserve else {
      throw ValidationError("--log-reserve is a number of megabytes, 0 to 1000000.")
    }
  }

  var settings: PredictionLog.Settings? {
    predictionLog.map { path in
      var settings = PredictionLog.Settings(path: path)
      settings.survivesLossOfPower = surviveLossOfPower
      settings.retentionDays = retentionDays.days
      settings.byteLimit = logLimit.map { $0 << 20 }
      settings.reserve = settings.isInDatabase ? 0 : logReserve << 20
      return settings
    }
  }
}
