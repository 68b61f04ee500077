import DrugService
import FastCGI
import FoundationEssentials
import Logging
import Models
import POSIX
import Records
import TestSupport

/// A service with a model of 10 trees, shared by the tests; its files are gone once it is loaded.
let service: Service = try! withTemporaryFolder { folder in
  _ = try saveModel(in: "\(folder)/models")
  return Service(ServiceSettings(models: "\(folder)/models"), logger: silent)
}

/// A service that has found no model.
let emptyService = Service(ServiceSettings(models: "/nowhere/models"), logger: silent)

let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Makes a service that keeps its predictions, in a folder of its own.
func withLoggingService<Result>(
  _ change: (inout ServiceSettings) -> Void = { _ in },
  _ body: (_ service: Service, _ log: String) throws -> Result
) throws -> Result {
  try withTemporaryFolder { folder in
    _ = try saveModel(in: "\(folder)/models")
    var settings = ServiceSettings(models: "\(folder)/models")
    settings.log = .init(path: "\(folder)/predictions.sqlite")
    settings.temporaryFolder = folder
    settings.passwords = try writePeople(in: folder)
    change(&settings)
    return try body(Service(settings, logger: silent), "\(folder)/predictions.sqlite")
  }
}

let documentedPatients = [
  #"{"Age":45,"Sex":"M","BP":"HIGH","Cholesterol":"NORMAL","Na_to_K":15.5}"#,
  #"{"Age":52,"Sex":"F","BP":"HIGH","Cholesterol":"NORMAL","Na_to_K":18.3}"#,
]

extension Service {
  /// Sends a request to the router.
  func answer(
    _ method: String, _ path: String, contentType: String? = nil, body: [UInt8] = [],
    parameters: [String: String] = [:], statedLength: Int? = nil
  ) -> Response {
    var parameters = parameters.merging(
      ["REQUEST_METHOD": method, "PATH_INFO": path]) { given, _ in given }
    parameters["CONTENT_TYPE"] = contentType
    return respond(
      to: Request(
        parameters: parameters,
        body: treatment(of: Request(parameters: parameters)).reading == .streamed
          ? .stream(stream(of: body, statedLength: statedLength ?? body.count))
          : body.count > Service.maximumBodySize ? .tooLarge : .whole(body)))
  }

  /// Sends a patient to POST /predict.
  func predict(_ patient: String, parameters: [String: String] = [:]) -> Response {
    answer(
      "POST", "/predict", contentType: "application/json", body: Array(patient.utf8),
      parameters: parameters)
  }

  /// Sends patients to POST /predict/batch.
  func predictBatch(
    _ text: String, as contentType: String = "application/json", parameters: [String: String] = [:]
  ) -> Response {
    answer(
      "POST", "/predict/batch", contentType: contentType, body: Array(text.utf8),
      parameters: parameters)
  }
}

/// A body as it comes from a socket, in pieces.
private func stream(of body: [UInt8], statedLength: Int) -> BodyStream {
  var position = 0
  return BodyStream(length: statedLength) { buffer in
    let count = min(1009, buffer.count, body.count - position)
    buffer.copyBytes(from: body[position..<position + count])
    position += count
    return count
  }
}

extension Response {
  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  /// The body, read by a decoder that is not the service's own.
  func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(body))
  }

  /// The body and the file behind it as a text.
  var text: String {
    var bytes = body
    file?.forEachPiece {
      bytes += $0
      return true
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A problem as RFC 9457 has it.
struct ProblemBody: Decodable {
  struct Entry: Decodable {
    let pointer: String
    let code: String
    let detail: String
    let allowed: String?
  }

  let type: String
  let title: String
  let status: Int
  let detail: String
  let instance: String
  let errors: [Entry]?

  /// The last part of the type.
  var name: String { String(type.split(separator: ":").last ?? "") }
}
