import Accounts
import FastCGI
import FoundationEssentials
import Logging
import Models
import Patients
import Records

/// The registry over REST.
struct ModelRoutes: RouteGroup {
  static let routes = [
    Route<Self>("GET", "/models", modelList),
    Route("GET", "/models/{version}", modelDetails),
    Route("POST", "/models/{version}/activate", lane: .work, activateModel),
  ]

  let models: ModelStore
  let versions: VersionStore
  let registry: ModelRegistry
  let summaries: ModelSummaries
  let administrators: Administrators
  let logger: Logger

  /// GET /models: what there is, the newest first, so many at a time.
  func modelList(_: borrowing Request, _ trace: RequestTrace) throws(ServiceError) -> Outcome {
    let query = try Query(trace.head, ["limit": 1...1000, "from": 0...1_000_000])
    let limit = query["limit"] ?? 50
    let from = query["from"] ?? 0
    let (models, current) = summaries.all
    let shown = models.dropFirst(from).prefix(limit).map { summary in
      var summary = summary
      summary.differences = summaries.differences(of: summary.version, from: current)?.brief
      return summary
    }
    let end = from + shown.count
    return Outcome(
      try Response(
        encoding: ModelList(
          current: current, shadow: registry.shadow?.version, models: shown, total: models.count,
          next: end < models.count && !shown.isEmpty ? "/models?limit=\(limit)&from=\(end)" : nil)))
  }

  private struct ModelList: Encodable {
    let current: String?
    let shadow: String?
    let models: [ModelSummary]
    let total: Int
    let next: String?

    private enum CodingKeys: String, CodingKey {
      case current, shadow, models, total, next
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(current, forKey: .current)
      try container.encode(shadow, forKey: .shadow)
      try container.encode(models, forKey: .models)
      try container.encode(total, forKey: .total)
      try container.encode(next, forKey: .next)
    }
  }

  /// GET /models/{version}: what is known of one.
  func modelDetails(
    _: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let version = try versions.version(trace)
    let details: ModelDetails
    do throws(RegistryError) {
      details = try registry.details(of: version)
    } catch {
      guard error.code == .unknownVersion else {
        logger.error("model files not readable", metadata: ["reason": "\(error)"])
        throw .damagedModel
      }
      throw .administration(.unknown(.model))
    }
    return Outcome(
      try Response(
        encoding: Details(
          version: version, modelDigest: details.digest,
          isCurrent: version == registry.currentVersion, files: details.files, card: details.card,
          evaluation: details.evaluation, comparison: details.comparison,
          differences: summaries.differences(of: version, from: registry.currentVersion),
          labels: registry.allLabels()[version]),
        inSnakeCase: true))
  }

  private struct Details: Encodable {
    let version: String
    let modelDigest: String?
    let isCurrent: Bool
    let files: [String]
    let card: ModelCard
    let evaluation: EvaluationReport?
    let comparison: ModelComparison?
    let differences: ModelDifferences?
    let labels: VersionLabels

    private enum CodingKeys: String, CodingKey {
      case version, modelDigest, isCurrent, files, card, evaluation, comparison, differences
      case aliases, tags, note
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(version, forKey: .version)
      try container.encode(modelDigest, forKey: .modelDigest)
      try container.encode(isCurrent, forKey: .isCurrent)
      try container.encode(files, forKey: .files)
      try container.encode(card, forKey: .card)
      try container.encode(evaluation, forKey: .evaluation)
      try container.encode(comparison, forKey: .comparison)
      try container.encode(differences, forKey: .differences)
      try container.encode(labels.aliases, forKey: .aliases)
      try container.encode(labels.tags, forKey: .tags)
      try container.encode(labels.note, forKey: .note)
    }
  }

  /// POST /models/{version}/activate: serve another version, newer or older.
  func activateModel(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let (version, previous) = try administrators.audited(
      "activate", request, as: .engineer, subject: trace.pathPart("{version}")
    ) {
      (request, act) throws(ServiceError) in
      let version = try versions.version(trace)
      act.subject = version
      var reader = try MemberReader(try request.json(), names: ["reason"])
      let reason = reader.text(
        "reason", allowed: "at most 200 characters on one line", orNull: true
      ) { text in
        text.count <= 200
          && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
      }
      try reader.finish()
      let previous = try activate(version, reason)
      act.detail = "instead of \(previous ?? "none")" + (reason.map { ": \($0)" } ?? "")
      return (version, previous)
    }
    // The others find it within a second.
    models.check()
    return Outcome(
      Response { writer in
        writer.object { writer in
          writer.name("status")
          writer.string("success")
          writer.name("model_version")
          writer.string(version)
          writer.name("previous_version")
          writer.string(previous)
        }
      })
  }

  private func activate(_ version: String, _ reason: String?) throws(ServiceError) -> String? {
    do {
      return try registry.activate(version, cause: .activation, reason: reason)
    } catch let error as RegistryError {
      switch error.code {
      case .unknownVersion: throw .administration(.unknown(.model))
      default:
        logger.error("activation refused", metadata: ["reason": "\(error)"])
        throw .administration(.modelRefused(reason: error.description.publicWords))
      }
    } catch {
      logger.error("activation failed", metadata: ["reason": "\(error)"])
      throw .administration(.cannotStore)
    }
  }
}
