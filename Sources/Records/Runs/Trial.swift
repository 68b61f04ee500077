import GRDB

/// One choice of parameters that a search has tried, as it is kept.
public struct Trial: Sendable, Equatable {
  /// The number, from 1.
  public let number: Int
  /// The decisions by their names in the command line, the feature set among them.
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

  /// Creates a trial.
  public init(
    number: Int, parameters: [String: String], macroF1: Double, logLoss: Double, foldCount: Int,
    isRejected: Bool, duration: Double
  ) {
    self.number = number
    self.parameters = parameters
    self.macroF1 = macroF1
    self.logLoss = logLoss
    self.foldCount = foldCount
    self.isRejected = isRejected
    self.duration = duration
  }
}

extension Trial: Encodable {
  /// The names under which other programs read it.
  private enum CodingKeys: String, CodingKey {
    case number, parameters, macroF1, logLoss
    case foldCount = "folds"
    case isRejected = "givenUp"
    case duration
  }
}

extension Trial {
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

  func insert(of run: Int64, into log: any LogSession) throws {
    try log.change(
      "INSERT INTO trial VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
      run, number, parameters["features"], try RunStore.json(parameters), macroF1, logLoss,
      foldCount, isRejected, duration)
  }

  /// Reads a row of the table.
  init(row: Row) throws {
    number = row["number"]
    parameters = try RunStore.value(row["parameters"])
    macroF1 = row["macro_f1"]
    logLoss = row["log_loss"]
    foldCount = row["folds"]
    isRejected = row["rejected"]
    duration = row["duration"]
  }
}
