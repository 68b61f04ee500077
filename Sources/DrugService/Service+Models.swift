import DrugClassifier
import FastCGI
import FoundationEssentials
import Glibc
import Logging
import RandomForest

/// The registry over REST.
extension Service {
  /// GET /models: what there is.
  func modelList() throws(ServiceError) -> Response {
    let models = registry.summaries
    let current = registry.currentVersion
    return try Self.json(ModelList(current: current, models: models))
  }

  private struct ModelList: Encodable {
    let current: String?
    let models: [ModelSummary]

    private enum CodingKeys: String, CodingKey {
      case current, models
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(current, forKey: .current)
      try container.encode(models, forKey: .models)
    }
  }

  /// GET /models/{version}: what is known of one.
  func modelDetails(_ request: borrowing Request) throws(ServiceError) -> Response {
    let version = request.pathPart(2) ?? ""
    let details: ModelDetails
    do throws(RegistryError) {
      details = try registry.details(of: version)
    } catch {
      guard error.code == .unknownVersion else {
        logger.error("model files not readable", metadata: ["reason": "\(error)"])
        throw .damagedModel
      }
      throw .unknown(.model)
    }
    return try Self.json(
      Details(
        version: version, isCurrent: version == registry.currentVersion, card: details.card,
        evaluation: details.evaluation, comparison: details.comparison), snakeCase: true)
  }

  private struct Details: Encodable {
    let version: String
    let isCurrent: Bool
    let card: ModelCard
    let evaluation: EvaluationReport?
    let comparison: ModelComparison?

    private enum CodingKeys: String, CodingKey {
      case version, isCurrent, card, evaluation, comparison
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(version, forKey: .version)
      try container.encode(isCurrent, forKey: .isCurrent)
      try container.encode(card, forKey: .card)
      try container.encode(evaluation, forKey: .evaluation)
      try container.encode(comparison, forKey: .comparison)
    }
  }

  /// An answer in JSON, its names as they are in files of the registry.
  static func json(
    _ value: some Encodable, status: Int = 200, snakeCase: Bool = false
  ) throws(ServiceError) -> Response {
    let encoder = JSONEncoder()
    if snakeCase { encoder.keyEncodingStrategy = .convertToSnakeCase }
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let body = try? encoder.encode(value) else { throw .damagedModel }
    return Response(
      status: status,
      headers: [("Content-Type", "application/json"), ("Cache-Control", "no-store")],
      body: Array(body))
  }

  /// POST /models/{version}/activate: serve another version, newer or older.
  func activateModel(_ request: borrowing Request) throws(ServiceError) -> Response {
    let version = request.pathPart(2) ?? ""
    let previous = try audited("activate", request) { (request, act) throws(ServiceError) in
      var reader = try MemberReader(try Self.json(request), names: ["reason"])
      let reason = reader.text(
        "reason", allowed: "at most 200 characters on one line", orNull: true
      ) { text in
        text.count <= 200
          && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
      }
      guard reader.problems.isEmpty else { throw ServiceError.invalidParameters(reader.problems) }
      let previous = try activate(version, reason)
      act.detail = "instead of \(previous ?? "none")" + (reason.map { ": \($0)" } ?? "")
      return previous
    }
    // The others find it within a second.
    models.check()
    return Response { writer in
      writer.object { writer in
        writer.name("status")
        writer.string("success")
        writer.name("model_version")
        writer.string(version)
        writer.name("previous_version")
        if let previous { writer.string(previous) } else { writer.null() }
      }
    }
  }

  private func activate(_ version: String, _ reason: String?) throws(ServiceError) -> String? {
    do {
      return try registry.activate(version, cause: .activation, reason: reason)
    } catch let error as RegistryError {
      switch error.code {
      case .unknownVersion: throw .unknown(.model)
      default:
        logger.error("activation refused", metadata: ["reason": "\(error)"])
        throw .modelRefused(reason: error.description.publicWords)
      }
    } catch {
      logger.error("activation failed", metadata: ["reason": "\(error)"])
      throw .cannotStore
    }
  }
}
