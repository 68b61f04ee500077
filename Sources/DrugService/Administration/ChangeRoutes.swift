import Accounts
import FastCGI
import Logging
import Models
import Patients

/// What would change if another version were served.
struct ChangeRoutes: RouteGroup {
  static let routes = [
    Route<Self>("GET", "/models/{version}/changes", lane: .work, changes)
  ]

  let models: ModelStore
  let versions: VersionStore
  let datasets: DatasetStore
  let administrators: Administrators
  let logger: Logger

  /// GET /models/{version}/changes: whose drug would be another one, of the patients of the table that the
  /// version was trained on, or the served one. They are patients of a table, so engineers alone are told.
  func changes(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    _ = try administrators.require(request, as: .engineer)
    let version = try versions.version(trace)
    let served = try models.require()
    let candidate = try versions.model(version)
    do {
      let found = try compare(served.model, candidate.model)
      return Outcome(
        try Response(
          encoding: Changes(
            version: version, champion: served.version, dataset: found?.name,
            changed: found?.changed), inSnakeCase: true))
    } catch {
      logger.error(
        "changes not found", metadata: ["model_version": "\(version)", "reason": "\(error)"])
      throw .damagedModel
    }
  }

  private struct Changes: Encodable {
    let version: String
    let champion: String
    let dataset: String?
    let changed: ChangedPredictions?

    private enum CodingKeys: String, CodingKey {
      case version, champion, dataset, changed
    }

    /// Writes every key, null for what there is none of.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(version, forKey: .version)
      try container.encode(champion, forKey: .champion)
      try container.encode(dataset, forKey: .dataset)
      try container.encode(changed, forKey: .changed)
    }
  }

  /// Asks both about a table that one of them was trained on; nil when there is none any more, or when it is
  /// of other patients than one of them.
  private func compare(
    _ served: DrugModel, _ candidate: DrugModel
  ) throws -> (name: String, changed: ChangedPredictions)? {
    let digests = [candidate, served].compactMap { $0.card.data?.sha256.prefix(12) }
    let entries = datasets.entries
    guard
      let name = digests.lazy.compactMap({ digest in
        entries.first { $0.digest == digest }?.name
      }).first
    else { return nil }
    let table = try PatientTable(
      path: datasets.path(of: name), schema: try datasets.schema(of: name))
    return try ChangedPredictions(before: served, after: candidate, in: table).map { (name, $0) }
  }
}
