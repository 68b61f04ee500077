import Accounts
import FastCGI
import Logging
import Models
import Records

/// Looks inside of models over REST; what needs no computing, nginx answers from their files.
struct InspectionRoutes: RouteGroup {
  static let routes = [
    Route<Self>("GET", "/models/{version}/trees/{tree}", lane: .inference, tree),
    Route("GET", "/models/{version}/misses", lane: .work, misses),
  ]

  let versions: VersionStore
  let datasets: DatasetStore
  let administrators: Administrators
  let logger: Logger

  /// GET /models/{version}/trees/{tree}: one tree, counted from 0.
  func tree(_: borrowing Request, _ trace: RequestTrace) throws(ServiceError) -> Outcome {
    let model = try versions.model(versions.version(trace)).model
    guard let number = Int(trace.pathPart(4)), 0..<model.treeCount ~= number else {
      throw .administration(.unknown(.tree))
    }
    let tree: ModelTree?
    do {
      tree = try model.tree(number)
    } catch {
      logger.error("tree not readable", metadata: ["reason": "\(error)"])
      throw .damagedModel
    }
    guard let tree else { throw .administration(.treeTooLarge) }
    return Outcome(try Response(encoding: tree, inSnakeCase: true))
  }

  /// GET /models/{version}/misses: the held-out patients about whom a model is wrong.
  func misses(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let user = try administrators.require(request, as: .engineer, .auditor)
    let version = try versions.version(trace)
    let found = try administrators.reading("misses", request, by: user, subject: version) {
      act throws(ServiceError) in
      let found = try misses(of: try versions.model(version).model)
      act.detail = found.count == 1 ? "1 patient" : "\(found.count) patients"
      return found
    }
    return Outcome(try Response(encoding: found, inSnakeCase: true))
  }

  private func misses(of model: DrugModel) throws(ServiceError) -> HeldOutMisses {
    let found: HeldOutMisses?
    do {
      found = try model.card.data
        .flatMap { try datasets.table(ofDigest: $0.sha256, schema: model.schema) }
        .map(model.misses)
    } catch {
      logger.error("held-out patients not readable", metadata: ["reason": "\(error)"])
      found = nil
    }
    guard let found else { throw .administration(.unknownTable) }
    return found
  }
}
