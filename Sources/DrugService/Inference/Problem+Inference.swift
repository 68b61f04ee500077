/// The problems of the Open Inference Protocol's addresses, which tell them in its own form.
extension Problem {
  init(ofInference error: ServiceError) {
    switch error {
    case .invalidInference(let words):
      self.init(400, "invalid-inference", "Invalid inference request", words + ".")
    case .tooManyRows(let limit):
      self.init(
        413, "too-many-patients", "Too many patients",
        "A request may have at most \(limit) patients.")
    case .compressedBody:
      self.init(
        415, "unsupported-content-encoding", "Unsupported content encoding",
        "The body must not be compressed.", headers: [("Accept-Encoding", "identity")])
    case .unusableVersion:
      self.init(
        503, "unusable-version", "Unusable version", "This version's files cannot be served.",
        headers: [Self.retryLater])
    case .notReady(let words):
      self.init(
        503, "not-ready", "Not ready", "The service is not ready: \(words).",
        headers: [Self.retryLater])
    default: preconditionFailure("\(error) has nothing to do with inference")
    }
  }
}
