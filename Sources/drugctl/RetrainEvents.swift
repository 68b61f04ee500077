import FoundationEssentials
import Models
import POSIX
import Patients
import RandomForest
import Records

/// What `drugctl retrain` tells a program: one JSON object a line on standard output.
enum RetrainEvents {
  /// Tells how far a training is.
  @Sendable
  static func tell(_ event: Training.Event) {
    guard case .progress(let report) = event else { return }
    write(
      Progress(
        stage: report.stage, stageNumber: report.stageNumber, stages: report.stageCount,
        done: report.done, total: report.total,
        fraction: (report.fraction * 1000).rounded() / 1000,
        secondsLeft: report.secondsLeft.map { ($0 * 10).rounded() / 10 }))
  }

  static func result(_ report: RetrainingReport) { write(Result(report: report)) }

  static func failure(_ error: any Error) {
    write(Failure(code: code(of: error), detail: detail(of: error)))
  }

  private struct Progress: Encodable {
    var event = "progress"
    let stage: String
    let stageNumber: Int
    let stages: Int
    let done: Int
    let total: Int
    let fraction: Double
    let secondsLeft: Double?
  }

  private struct Result: Encodable {
    let report: RetrainingReport

    private enum Key: String, CodingKey {
      case event
    }

    func encode(to encoder: any Encoder) throws {
      try report.encode(to: encoder)
      var container = encoder.container(keyedBy: Key.self)
      try container.encode("result", forKey: .event)
    }
  }

  private struct Failure: Encodable {
    var event = "error"
    let code: String
    let detail: String
  }

  /// The code of an error in the contract with whoever reads the lines.
  static func code(of error: any Error) -> String {
    switch error {
    case is TableError, is SamplingError: "invalid_data"
    case let error as TrainingError: error == .cancelled ? "cancelled" : "invalid_data"
    case let error as RegistryError: error.code == .other ? "failed" : error.code.rawValue
    case let error as PredictionLogError: "log_\(error.code.rawValue)"
    case let error as SystemError:
      [ENOSPC, EDQUOT].contains(error.code) ? "disk_full" : "not_writable"
    default: "failed"
    }
  }

  /// What went wrong, without a path of the disk or a patient's values.
  private static func detail(of error: any Error) -> String {
    switch error {
    case let error as TableError: error.summary()
    case let error as SamplingError: error.description
    case let error as TrainingError: error.description
    case let error as SystemError: "\(error.call): \(error.reason)"
    case is PredictionLogError: "the prediction log cannot be read"
    case let error as RegistryError where error.code == .unknownDataset: error.description
    default: "the command's error output says more"
    }
  }

  private static func write(_ event: some Encodable) {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let line = try? encoder.encode(event) else { return }
    print(String(decoding: line, as: UTF8.self))
    fflush(nil)
  }
}
