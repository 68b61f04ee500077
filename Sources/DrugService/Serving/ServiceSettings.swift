import Models
import POSIX
public import Records
public import Tracing

/// What a service is made of.
public struct ServiceSettings: Sendable {
  /// The folder of models.
  public var models: String
  /// How answered predictions are kept; nil keeps none.
  public var log: PredictionLog.Settings?
  /// Where trainings are recorded: beside the models, or with the predictions of several hosts.
  var runs: String { log.map { $0.isInDatabase ? $0.path : models } ?? models }
  /// Whether predictions are answered while the log cannot be written.
  public var answersWithoutLog = false
  /// The folder of temporary files.
  public var temporaryFolder = "/tmp"
  /// The most bytes of a table's answer: fewer than the web server stores, so that whoever reads slowly
  /// keeps it waiting, and no thread here.
  public var tableAnswerLimit = 1000 << 20
  /// The description of the interface for drug200, from which that of the served model is made; nil tells
  /// none.
  public var interface: String?
  /// The file in which the processes of a service count together; nil counts in this one alone.
  public var counters: String?
  /// The database of what administrators did; nil keeps no record.
  public var auditLog: String?
  /// Its second record; nil for a file beside it.
  public var auditHeads: String?
  /// The file of those who may sign in; nil lets nobody.
  public var passwords: String?
  /// Whether predictions too need a name or a key.
  public var predictionsNeedAccess = false
  /// The file of programs' keys; nil knows none.
  public var keys: String?
  /// How models are retrained; nil for not at all.
  public var retraining: RetrainingSettings?
  /// Where spans of traces go; nil sends none.
  var tracing: TracingSettings?
  /// Whose signature a model needs to be served; nil when it needs none.
  var trusted: TrustedKeys?

  /// Creates the settings of a service that keeps no log.
  public init(models: String) {
    self.models = models
  }

  /// Sends spans of traces where the variables of OpenTelemetry say, if they name an address.
  ///
  /// - Parameter environment: the value of a variable.
  /// - Throws: `TracingError` for an address to which nothing can be sent.
  public mutating func sendSpans(
    as environment: (String) -> String?
  ) throws(TracingError) {
    tracing = try TracingSettings(
      own: [("service.version", programVersion), ("process.pid", "\(getpid())")],
      environment: environment)
  }

  /// Lets signed models alone be served, and promoted by a retraining.
  ///
  /// - Parameter path: a file of public keys in PEM.
  /// - Throws: `RegistryError` when it cannot be used.
  public mutating func trust(keysOf path: String) throws {
    trusted = try TrustedKeys(path: path)
    retraining?.command += ["--trusted-key", path]
  }
}
