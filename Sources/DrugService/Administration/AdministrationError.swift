import Models
import POSIX
import Patients
import Records

/// Why what an administrator asks for is not done.
enum AdministrationError: Error {
  case invalidParameters([FieldProblem])
  case invalidDataset(TableError)
  case logNotReadable(PredictionLogError.Code)
  case unknown(Subject)
  case modelRefused(reason: String)
  case shadowRefused(reason: String)
  case outcomeExists
  case treeTooLarge
  case unknownTable
  case labelRefused(reason: String)
  case labelsNotReadable
  case cannotStore

  /// What an address names that is not there.
  enum Subject: String {
    case alias, job, model, prediction, run, shadow, tree
  }
}

extension Problem {
  init(_ error: AdministrationError) {
    switch error {
    case .invalidParameters(let problems):
      let count = problems.count == 1 ? "One value is" : "\(problems.count) values are"
      self.init(
        422, "invalid-parameters", "Invalid parameters", "\(count) wrong; nothing was done.",
        entries: problems.map(Entry.init))
    case .invalidDataset(let error):
      self.init(
        422, "invalid-dataset", "Invalid dataset", "The table was not stored: \(error.message).",
        entries: error.problems.prefix(100).map { problem in
          // What was found is a patient's and is not repeated.
          Entry(
            pointer: "", code: Self.code(problem), detail: problem.detail,
            allowed: problem.allowed, place: (problem.line, problem.column))
        },
        members: [("problem_count", .number("\(error.problemCount)"))])
    case .logNotReadable(let code):
      self.init(
        503, "log-not-readable", "Log not readable",
        "What is kept cannot be read at the moment (\(code.rawValue)).",
        headers: [Self.retryLater])
    case .unknown(let subject):
      let article = "There is no such \(subject.rawValue)."
      self.init(404, "unknown-\(subject.rawValue)", "Unknown \(subject.rawValue)", article)
    case .modelRefused(let reason):
      self.init(
        409, "model-refused", "Model refused",
        "The model cannot be served: \(reason). The served model stays.")
    case .shadowRefused(let reason):
      self.init(
        409, "shadow-refused", "Shadow refused",
        "The model cannot be the shadow: \(reason). Everything is as before.")
    case .outcomeExists:
      self.init(
        409, "outcome-exists", "Outcome exists",
        "Another outcome is kept for this prediction; it is said once.")
    case .treeTooLarge:
      self.init(
        422, "tree-too-large", "Tree too large",
        "The tree has more than \(DrugModel.shownNodeCount.grouped) nodes, too many to look at; "
          + "'drugctl models tree' writes it.")
    case .unknownTable:
      self.init(
        404, "unknown-table", "Unknown table",
        "The table that the model was trained on is not among those that the service has now.")
    case .labelRefused(let reason):
      self.init(422, "invalid-label", "Invalid label", "Nothing was kept: \(reason).")
    case .labelsNotReadable:
      self.init(
        503, "labels-not-readable", "Labels not readable",
        "Nobody can tell at the moment which version has this name: what they are called cannot be read.",
        headers: [Self.retryLater])
    case .cannotStore:
      self.init(
        503, "not-stored", "Not stored",
        "It cannot be stored at the moment: the disk is full or cannot be written.",
        headers: [Self.retryLater])
    }
  }

  private static func code(_ problem: RowProblem) -> String {
    if problem.column == nil { return "malformed_row" }
    return problem.found == nil ? "missing" : "invalid_value"
  }
}
