import FastCGI
import Logging
import Models
import Patients
import Synchronization

/// What the service says of its own interface.
final class InterfaceRoutes: RouteGroup {
  static let routes = [Route<InterfaceRoutes>("GET", "/openapi.json", interface)]

  private struct Document {
    let schema: PatientSchema?
    let bytes: [UInt8]
    let tag: String
  }

  private let models: ModelStore
  private let description: InterfaceDescription?
  private let last = Mutex<Document?>(nil)

  /// - Parameter path: the file of the template; nil for none.
  init(models: ModelStore, path: String?, logger: Logger) {
    self.models = models
    do {
      description = try path.map(InterfaceDescription.init)
    } catch {
      logger.error("interface not described", metadata: ["reason": "\(error)"])
      description = nil
    }
  }

  /// GET /openapi.json: the description of the interface for the served model.
  func interface(
    _ request: borrowing Request, _: RequestTrace
  ) throws(ServiceError) -> Outcome {
    guard let description else { throw .notFound }
    let document = document(description, models.served?.model.schema)
    return Outcome(
      Response(
        json: document.bytes, tag: document.tag,
        unless: request.parameter("HTTP_IF_NONE_MATCH")))
  }

  /// The document of a schema, made when it is asked for first.
  private func document(
    _ description: InterfaceDescription, _ schema: PatientSchema?
  ) -> Document {
    if let known = last.withLock({ $0 }), known.schema == schema { return known }
    let bytes = description.text(for: schema)
    let made = Document(schema: schema, bytes: bytes, tag: SHA256.digest(of: bytes))
    last.withLock { $0 = made }
    return made
  }
}
