import Patients

/// Why a retraining does not begin, or has not led to a model.
enum RetrainingError: Error {
  case unavailable
  case inProgress(job: String?)
  case failed(RetrainingJob.Failure, job: String)
  case cancelled(job: String)
  case jobIsOver(RetrainingJob.State, job: String)
}

extension Problem {
  init(_ error: RetrainingError) {
    func member(_ job: String) -> [(name: String, value: JSONValue)] {
      [("job", .string(job))]
    }
    switch error {
    case .unavailable:
      self.init(
        503, "retraining-unavailable", "Retraining unavailable",
        "A retraining cannot begin: there is no room on the disk, or the folder of models cannot be"
          + " written.", headers: [Self.retryLater])
    case .inProgress(let job):
      self.init(
        409, "retraining-in-progress", "Retraining in progress",
        "Another retraining is running; there is one at a time.", headers: [Self.retryLater],
        members: job.map(member) ?? [])
    case .failed(let failure, let job):
      let isData = ["invalid_data", "unknown_dataset"].contains(failure.code)
      self.init(
        isData ? 422 : 500, isData ? "invalid-training-data" : "retraining-failed",
        isData ? "Invalid training data" : "Retraining failed", failure.detail,
        members: [("code", .string(failure.code))] + member(job))
    case .cancelled(let job):
      self.init(
        409, "retraining-cancelled", "Retraining cancelled",
        "The retraining was cancelled; the served model stays.", members: member(job))
    case .jobIsOver(let state, let job):
      self.init(
        409, "job-over", "Job over",
        "The retraining is over (\(state.rawValue)) and cannot be cancelled.", members: member(job))
    }
  }
}
