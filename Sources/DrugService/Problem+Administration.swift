import DrugClassifier

/// The problems of the administrators' addresses.
extension Problem {
  /// How administrators say who they are (RFC 7617).
  static let challenge = (
    name: "WWW-Authenticate", value: "Basic realm=\"Drug Classifier\", charset=\"UTF-8\""
  )

  init(ofAccess error: ServiceError) {
    switch error {
    case .unauthorized:
      self.init(
        401, "unauthorized", "Unauthorized", "This address is for administrators: sign in.",
        headers: [Self.challenge])
    case .foreignSite:
      self.init(
        403, "foreign-site", "Foreign site",
        "A page of another site has sent this; nothing was changed.")
    case .auditNotWritable(let code):
      let reason = code == .full ? "its disk is full" : "it cannot be written"
      self.init(
        503, "audit-not-writable", "Audit log not writable",
        "Nothing was changed, since the audit log could not tell of it: \(reason).",
        headers: [Self.retryLater])
    default: preconditionFailure("\(error) has nothing to do with access")
    }
  }

  init(ofRetraining error: ServiceError) {
    func member(_ job: String) -> [(name: String, value: JSONValue)] {
      [("job", .string(job))]
    }
    switch error {
    case .retrainingUnavailable:
      self.init(
        503, "retraining-unavailable", "Retraining unavailable",
        "A retraining cannot begin: there is no room on the disk, or the folder of models cannot be"
          + " written.", headers: [Self.retryLater])
    case .retrainingInProgress(let job):
      self.init(
        409, "retraining-in-progress", "Retraining in progress",
        "Another retraining is running; there is one at a time.", headers: [Self.retryLater],
        members: job.map(member) ?? [])
    case .retrainingFailed(let failure, let job):
      let isData = ["invalid_data", "unknown_dataset"].contains(failure.code)
      self.init(
        isData ? 422 : 500, isData ? "invalid-training-data" : "retraining-failed",
        isData ? "Invalid training data" : "Retraining failed", failure.detail,
        members: [("code", .string(failure.code))] + member(job))
    case .retrainingCancelled(let job):
      self.init(
        409, "retraining-cancelled", "Retraining cancelled",
        "The retraining was cancelled; the served model stays.", members: member(job))
    case .jobIsOver(let state, let job):
      self.init(
        409, "job-over", "Job over",
        "The retraining is over (\(state.rawValue)) and cannot be cancelled.", members: member(job))
    default: preconditionFailure("\(error) has nothing to do with retraining")
    }
  }

  init(ofAdministration error: ServiceError) {
    switch error {
    case .invalidParameters(let problems):
      let count = problems.count == 1 ? "One member is" : "\(problems.count) members are"
      self.init(
        422, "invalid-parameters", "Invalid parameters", "\(count) wrong; nothing was done.",
        entries: problems.map {
          Entry(pointer: $0.pointer, code: $0.code.rawValue, detail: $0.detail, allowed: $0.allowed)
        })
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
    case .outcomeExists:
      self.init(
        409, "outcome-exists", "Outcome exists",
        "Another outcome is kept for this prediction; it is said once.")
    case .cannotStore:
      self.init(
        503, "not-stored", "Not stored",
        "It cannot be stored at the moment: the disk is full or cannot be written.",
        headers: [Self.retryLater])
    default: preconditionFailure("\(error) has nothing to do with administration")
    }
  }

  private static func code(_ problem: RowProblem) -> String {
    if problem.column == nil { return "malformed_row" }
    return problem.found == nil ? "missing" : "invalid_value"
  }
}
