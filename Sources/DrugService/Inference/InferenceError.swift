/// Why a request of the Open Inference Protocol is not answered.
enum InferenceError: Error {
  /// What is wrong with the request, in words.
  case invalid(String)
  case tooManyRows(limit: Int)
  case unusableVersion
  /// What is not as it should be, in words.
  case notReady(String)
}

/// The problems of the Open Inference Protocol's addresses, which tell them in its own form.
extension Problem {
  init(_ error: InferenceError) {
    switch error {
    case .invalid(let words):
      self.init(400, "invalid-inference", "Invalid inference request", words + ".")
    case .tooManyRows(let limit):
      self.init(
        413, "too-many-patients", "Too many patients",
        "A request may have at most \(limit) patients.")
    case .unusableVersion:
      self.init(
        503, "unusable-version", "Unusable version", "This version's files cannot be served.",
        headers: [Self.retryLater])
    case .notReady(let words):
      self.init(
        503, "not-ready", "Not ready", "The service is not ready: \(words).",
        headers: [Self.retryLater])
    }
  }
}
