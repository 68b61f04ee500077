public import GRDB

/// One choice of parameters that a search tries.
public struct SearchTrial: Sendable, Equatable {
  /// The number, from 1.
  public let number: Int
  /// The feature set.
  public let featureSet: FeatureSet
  /// The decisions by their names in the command line.
  public let parameters: [String: String]
  /// The mean macro-F1 over the folds that were evaluated.
  public let macroF1: Double
  /// The mean log-loss over the folds that were evaluated.
  public let logLoss: Double
  /// How many folds were evaluated.
  public let foldCount: Int
  /// Whether it was given up before the last fold, when it could no longer become the best.
  public let isRejected: Bool
  /// How long it took, in seconds.
  public let duration: Double

  /// The score by a metric.
  public func score(_ metric: SearchMetric) -> Double {
    metric == .macroF1 ? macroF1 : logLoss
  }
}

/// What a search looks for.
public enum SearchMetric: String, CaseIterable, Sendable {
  /// The mean F1 over the classes, which is to be high.
  case macroF1 = "macro_f1"
  /// The mean negative logarithm of the actual class's probability, which is to be low.
  case logLoss = "log_loss"
}

extension SearchTrial: FetchableRecord {
  static let createTable = """
    CREATE TABLE IF NOT EXISTS trial (
      run INTEGER NOT NULL,
      number INTEGER NOT NULL,
      features TEXT NOT NULL,
      parameters TEXT NOT NULL,
      macro_f1 REAL NOT NULL,
      log_loss REAL NOT NULL,
      folds INTEGER NOT NULL,
      rejected INTEGER NOT NULL,
      duration REAL NOT NULL,
      PRIMARY KEY (run, number)
    ) STRICT;
    """

  static let insert = "INSERT INTO trial VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"

  func arguments(of run: Int64) throws -> StatementArguments {
    [
      run, number, featureSet.rawValue, try RunStore.json(parameters), macroF1, logLoss, foldCount,
      isRejected, duration,
    ]
  }

  /// Reads a row of the table.
  public init(row: Row) throws {
    number = row["number"]
    guard let featureSet = FeatureSet(rawValue: row["features"]) else {
      throw RegistryError(description: "trial \(row["number"] as Int) has no feature set")
    }
    self.featureSet = featureSet
    parameters = try RunStore.value(row["parameters"])
    macroF1 = row["macro_f1"]
    logLoss = row["log_loss"]
    foldCount = row["folds"]
    isRejected = row["rejected"]
    duration = row["duration"]
  }
}
