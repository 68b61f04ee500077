import ArgumentParser
import FoundationEssentials
import POSIX
import Patients
import Records

struct Log: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the newest predictions that a service has kept.",
    discussion: """
      The service may go on meanwhile. 'nginx/serve' keeps predictions in log/predictions.sqlite \
      unless its setting LOG names another folder, or LOG_DATABASE a database of PostgreSQL. Whoever \
      reads those leaves no row in the audit log.
      """,
    subcommands: [Forget.self, Accuracy.self, Move.self])

  /// How predictions are shown.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table
    case csv
    case json
  }

  @Option(
    help: ArgumentHelp(
      "The database of the prediction log: a file, or postgresql://host/name.", valueName: "file"))
  var predictionLog = LogDefault.predictions

  @Option(help: ArgumentHelp("The most predictions to show.", valueName: "number"))
  var limit = 20

  @Option(help: ArgumentHelp("Only the prediction of this identifier.", valueName: "id"))
  var id: String?

  @Option(help: ArgumentHelp("How to show them.", valueName: "format"))
  var format = Format.table

  func validate() throws {
    guard limit > 0 else {
      throw ValidationError("--limit is a number of predictions, 1 or more.")
    }
  }

  func run() throws {
    let records = try PredictionLog.newest(limit, in: predictionLog, id: id)
    let names = Self.fieldNames(records)
    let predictions = records.map { LoggedPrediction($0, names) }
    if let id, predictions.isEmpty {
      throw UnknownPrediction(id: id)
    }
    switch format {
    case .table: Self.table(predictions, names).forEach { print($0) }
    case .csv: print(Self.csv(predictions, names), terminator: "")
    case .json: print(try Self.json(predictions))
    }
  }

  /// The fields of all predictions, those of the newest first.
  private static func fieldNames(_ records: [PredictionRecord]) -> [String] {
    var names: [String] = []
    var last: PatientSchema?
    for schema in records.map(\.patient.schema) where schema !== last {
      names += schema.fields.map(\.name).filter { !names.contains($0) }
      last = schema
    }
    return names.isEmpty ? PatientSchema.drug200.fields.map(\.name) : names
  }

  private static func table(_ predictions: [LoggedPrediction], _ names: [String]) -> [String] {
    let isNumber = names.map { name in
      predictions.allSatisfy { $0.isNumber(name) }
    }
    let words = names.indices.filter { !isNumber[$0] }.map { 4 + $0 }
    var text = TextTable(
      ["time (UTC)", "drug", "probability", "review"] + names + ["model", "id", "requested by"],
      wordColumns: Set([0, 1, 3] + words + (0..<3).map { 4 + names.count + $0 }))
    for prediction in predictions {
      text.add(
        [
          prediction.time.tableTime,
          prediction.prediction, prediction.probability.percent,
          prediction.needsReview ? prediction.predictionSet.inOneCell : "",
        ] + prediction.fields + [
          prediction.modelVersion, prediction.id, prediction.requestedBy ?? "",
        ])
    }
    return text.lines
  }

  private static func csv(_ predictions: [LoggedPrediction], _ names: [String]) -> String {
    var bytes: [UInt8] = []
    CSVWriter.append(
      ["id", "time"] + names
        + [
          "prediction", "probability", "prediction_set", "needs_review", "model_version",
          "requested_by", "trace",
        ],
      to: &bytes)
    for prediction in predictions {
      CSVWriter.append(
        [prediction.id, prediction.time] + prediction.fields + [
          prediction.prediction, "\(prediction.probability)",
          prediction.predictionSet.inOneCell, "\(prediction.needsReview)",
          prediction.modelVersion, prediction.requestedBy ?? "", prediction.trace ?? "",
        ], to: &bytes)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func json(_ predictions: [LoggedPrediction]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(predictions), as: UTF8.self)
  }
}

extension Log {
  struct Forget: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Deletes a prediction and its outcome for good.",
      discussion: """
        The database is that of --prediction-log, log/predictions.sqlite unless you name another. The \
        service may go on meanwhile. Backups keep what they hold. DELETE /predictions/ID does the same \
        and leaves a row in the audit log.
        """)

    @Argument(help: "The prediction's identifier.")
    var id: String

    @ParentCommand var log: Log

    func run() throws {
      guard try PredictionLog.forget(id, in: log.predictionLog) else {
        throw UnknownPrediction(id: id)
      }
      print("\(id) is forgotten")
    }
  }
}

extension Log {
  struct Move: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Brings predictions, outcomes, acts and runs from files to PostgreSQL, or back.",
      discussion: """
        FROM and TO are each a folder, as log, or a database, as postgresql://host/name. What is there \
        already is passed over, so that a move that was ended can be begun again, and once more when \
        the service keeps in the other place. FROM stays as it is. Passwords and keys stay in their \
        folder.
        """)

    @Argument(help: "The folder or database that holds them.")
    var from: String

    @Argument(help: "The folder or database that is to.")
    var to: String

    @Option(
      help: ArgumentHelp("The folder of models, whose runs are brought too.", valueName: "folder"))
    var models = "models"

    @Option(
      help: ArgumentHelp(
        "The second record of a database's audit log (default: log/audit.heads).", valueName: "file"
      ))
    var heads = LogDefault.heads

    func validate() throws {
      guard from != to else { throw ValidationError("FROM and TO are the same place.") }
    }

    func run() throws {
      let isWatched = isatty(STDERR_FILENO) == 1
      if !isDatabase(to) { try DurableFile.makeFolders(to) }
      let counts = try LogMove.predictions(
        from: place(from, "predictions.sqlite"), to: place(to, "predictions.sqlite")
      ) { count in if isWatched { Console.tell("\r  \(count.grouped) predictions") } }
      if isWatched { Console.tell("\r\u{1b}[K") }
      print("\(counts.predictions.grouped) predictions, \(counts.outcomes.grouped) outcomes")
      let acts = try LogMove.acts(from: audit(from), to: audit(to))
      print("\(acts.grouped) acts")
      let (source, target) = (isDatabase(from) ? from : models, isDatabase(to) ? to : models)
      // Between two folders the runs are where they were, beside the models.
      guard source != target else { return }
      print("\(try LogMove.runs(from: source, to: target).grouped) runs")
    }

    private func isDatabase(_ place: String) -> Bool {
      PredictionLog.Settings(path: place).isInDatabase
    }

    private func place(_ place: String, _ name: String) -> String {
      isDatabase(place) ? place : "\(place)/\(name)"
    }

    private func audit(_ place: String) -> AuditLog {
      AuditLog(path: self.place(place, "audit.sqlite"), heads: isDatabase(place) ? heads : nil)
    }
  }
}

/// No prediction has the identifier that was asked for.
struct UnknownPrediction: Error, CustomStringConvertible {
  let id: String
  var description: String { "the log holds no prediction \(id)" }
}

/// A kept prediction under the names of the REST contract.
private struct LoggedPrediction: Encodable {
  let id: String
  /// RFC 3339, UTC, to the millisecond.
  let time: String
  let patientData: Patient
  let prediction: String
  let probability: Double
  let predictionSet: [String]
  let needsReview: Bool
  let modelVersion: String
  /// The name or the key that asked; nil where none was needed.
  let requestedBy: String?
  /// The trace that the request belonged to; nil for none.
  let trace: String?
  /// The patient's values as texts, in the order of the names that were asked for; empty for another's.
  let fields: [String]

  /// Whether a field holds a number, if the patient has it.
  func isNumber(_ name: String) -> Bool {
    patientData.schema.field(name).map(\.levels.isEmpty) ?? true
  }

  private enum CodingKeys: String, CodingKey {
    case id, time, patientData = "patient_data", prediction, probability
    case predictionSet = "prediction_set", needsReview = "needs_review"
    case modelVersion = "model_version", requestedBy = "requested_by", trace
  }

  init(_ record: PredictionRecord, _ names: [String]) {
    fields = names.map { name in
      record.patient.schema.field(name).map { record.patient.value(of: $0).text } ?? ""
    }
    id = record.id
    time = Moment(microseconds: record.time).text
    patientData = record.patient
    prediction = record.drug
    probability = record.probability
    predictionSet = record.predictionSet
    needsReview = record.needsReview
    modelVersion = record.modelVersion
    requestedBy = record.requestedBy
    trace = record.trace
  }
}
