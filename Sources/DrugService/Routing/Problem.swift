import Patients
import Records

/// A problem as people and programs are told of it (RFC 9457).
struct Problem {
  /// One place of the request that is wrong.
  struct Entry {
    let pointer: String
    let code: String
    let detail: String
    let allowed: String?
    /// The line and the column of a table.
    var place: (line: Int, column: String?)?
  }

  let status: Int
  let name: String
  let title: String
  let detail: String
  var entries: [Entry] = []
  var headers: [(name: String, value: String)] = []
  /// Further members.
  var members: [(name: String, value: JSONValue)] = []

  /// Where errors become HTTP, here and beside the nested errors.
  init(_ error: ServiceError) {
    switch error {
    case .notFound:
      self.init(404, "not-found", "Not found", "There is nothing at this address.")
    case .methodNotAllowed(let allowed):
      let methods = allowed.joined(separator: ", ")
      self.init(
        405, "method-not-allowed", "Method not allowed", "This address answers to \(methods) only.",
        headers: [("Allow", methods)])
    case .unsupportedMediaType(let types):
      self.init(
        415, "unsupported-media-type", "Unsupported media type",
        "The body must be \(types.words), sent with that Content-Type.",
        headers: [("Accept-Post", types.list)])
    case .packedBody:
      self.init(
        415, "unsupported-content-encoding", "Unsupported content encoding",
        "The body must not be compressed: send it without Content-Encoding.",
        headers: [("Accept-Encoding", "identity")])
    case .bodyTooLarge(let limit):
      self.init(
        413, "body-too-large", "Body too large", "The body may have at most \(limit) bytes.")
    case .brokenBody:
      self.init(
        400, "broken-body", "Broken body",
        "The body is shorter than its Content-Length, or that is no number.")
    case .malformed(let error):
      self.init(
        400, "malformed-json", "Malformed JSON", "The body is not a JSON text that can be read.",
        entries: [
          Entry(
            pointer: error.pointer, code: error.code.rawValue, detail: error.detail, allowed: nil)
        ])
    case .invalidPatient(let problems):
      let count = problems.count == 1 ? "One field is" : "\(problems.count) fields are"
      self.init(
        422, "invalid-patient", "Invalid patient", "\(count) wrong; no drug was recommended.",
        entries: problems.map(Entry.init))
    case .invalidQuery(let allowed):
      self.init(
        400, "invalid-query", "Invalid query",
        "The address may end in \(allowed) and nothing else.")
    case .invalidTable(let error):
      self.init(422, "invalid-table", "Invalid table", "The CSV cannot be read: \(error.message).")
    case .tooManyPatients(let limit):
      self.init(
        413, "too-many-patients", "Too many patients",
        "The list may have at most \(limit) patients; send more of them as text/csv.")
    case .logNotWritable(let code):
      let reason = code.reason
      self.init(
        503, "log-not-writable", "Prediction log not writable",
        "No drug was recommended, since the prediction could not be kept: \(reason).",
        headers: [Self.retryLater])
    case .cannotSpool:
      self.init(
        503, "no-room", "No room", "There is no room on the disk for so long an answer.",
        headers: [Self.retryLater])
    case .abandoned:
      // The status that web servers log for it; nobody gets the answer.
      self.init(499, "client-gone", "Client gone", "The client has closed the connection.")
    case .busy:
      self.init(
        503, "busy", "Busy", "Too many requests of this kind are waiting; try again in a moment.",
        headers: [Self.retrySoon])
    case .noModel:
      self.init(
        503, "no-model", "No model", "No model is loaded, so no drug can be recommended.",
        headers: [Self.retryLater])
    case .damagedModel:
      self.init(500, "damaged-model", "Damaged model", "The model's file has been damaged.")
    case .access(let error): self.init(error)
    case .administration(let error): self.init(error)
    case .retraining(let error): self.init(error)
    case .inference(let error): self.init(error)
    }
  }

  /// When to ask a service again that has no model.
  static let retryLater = (name: "Retry-After", value: "5")

  /// When to ask again for what had too many before it.
  private static let retrySoon = (name: "Retry-After", value: "2")

  init(
    _ status: Int, _ name: String, _ title: String, _ detail: String, entries: [Entry] = [],
    headers: [(name: String, value: String)] = [], members: [(name: String, value: JSONValue)] = []
  ) {
    self.status = status
    self.name = name
    self.title = title
    self.detail = detail
    self.entries = entries
    self.headers = headers
    self.members = members
  }
}

extension String {
  /// The words of an internal reason without the paths in it: no answer tells of the disk.
  var publicWords: String {
    split(separator: " ", omittingEmptySubsequences: false)
      .map { $0.contains("/") ? "…" : $0 }.joined(separator: " ")
  }
}

extension Problem.Entry {
  init(_ problem: FieldProblem) {
    self.init(
      pointer: problem.pointer, code: problem.code.rawValue, detail: problem.detail,
      allowed: problem.allowed)
  }
}

extension PredictionLogError.Code {
  /// Why a log cannot be written, as clients are told.
  var reason: String {
    switch self {
    case .full: "its disk is full"
    case .unreachable: "its database does not answer"
    case .notWritable, .corrupt, .other: "it cannot be written"
    }
  }
}
