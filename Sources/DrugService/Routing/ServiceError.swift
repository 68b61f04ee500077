import Patients
import Records

/// Why a request gets no answer but a problem.
enum ServiceError: Error {
  case notFound
  case methodNotAllowed(allowed: [String])
  case unsupportedMediaType(AcceptedTypes)
  /// The body is compressed.
  case packedBody
  case bodyTooLarge(limit: Int)
  case brokenBody
  case malformed(JSONError)
  case invalidPatient([FieldProblem])
  case invalidQuery(allowed: String)
  case invalidTable(TableError)
  case tooManyPatients(limit: Int)
  case logNotWritable(PredictionLogError.Code)
  case cannotSpool
  /// The client has gone.
  case abandoned
  /// There are too many requests of the kind.
  case busy
  case noModel
  case damagedModel
  case access(AccessError)
  case administration(AdministrationError)
  case retraining(RetrainingError)
  case inference(InferenceError)
}

/// The types of body that an address accepts.
enum AcceptedTypes {
  case json
  case csv
  case jsonOrCSV
  case tensors

  var words: String {
    switch self {
    case .json: "JSON in UTF-8 (application/json)"
    case .csv: "CSV in UTF-8 (text/csv)"
    case .jsonOrCSV: "JSON (application/json) or CSV (text/csv), both in UTF-8"
    case .tensors: "JSON (application/json), or JSON and tensors (application/octet-stream)"
    }
  }

  var list: String {
    switch self {
    case .json: "application/json"
    case .csv: "text/csv"
    case .jsonOrCSV: "application/json, text/csv"
    case .tensors: "application/json, application/octet-stream"
    }
  }
}
