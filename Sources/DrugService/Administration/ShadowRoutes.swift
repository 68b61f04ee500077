import Accounts
import FastCGI
import Logging
import Models
import Patients
import Records

/// The version that answers the same patients unseen, over REST.
struct ShadowRoutes: RouteGroup {
  static let routes = [
    Route<Self>("GET", "/models/{version}/shadow", comparison),
    Route("POST", "/models/{version}/shadow", lane: .work, begin),
    Route("DELETE", "/models/{version}/shadow", end),
    Route("GET", "/models/{version}/shadow/disagreements", disagreements),
  ]

  let registry: ModelRegistry
  let versions: VersionStore
  /// The database of the prediction log.
  let log: String?
  let administrators: Administrators
  let logger: Logger

  /// POST /models/{version}/shadow: let a version answer the same patients as the served one, unseen.
  func begin(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let (version, previous) = try administrators.audited(
      "shadow", request, as: .engineer, subject: trace.pathPart("{version}")
    ) { (request, act) throws(ServiceError) in
      let version = try versions.version(trace)
      act.subject = version
      let reader = try MemberReader(try request.json(), names: [])
      try reader.finish()
      guard log != nil else {
        throw .administration(.shadowRefused(reason: "no predictions are kept"))
      }
      let before = try begin(version, by: act.user)
      if before == version {
        act.outcome = "was it before"
      } else if let before {
        act.detail = "in place of \(before)"
      }
      return (version, before)
    }
    return outcome(version, previous)
  }

  private func begin(_ version: String, by user: String) throws(ServiceError) -> String? {
    do {
      return try registry.beginShadow(version, user: user)?.version
    } catch let error as RegistryError {
      guard error.code != .unknownVersion else { throw .administration(.unknown(.model)) }
      throw .administration(.shadowRefused(reason: error.description.publicWords))
    } catch {
      logger.error("shadow not begun", metadata: ["reason": "\(error)"])
      throw .administration(.cannotStore)
    }
  }

  /// DELETE /models/{version}/shadow: end it, and forget what it has said.
  func end(_ request: borrowing Request, _ trace: RequestTrace) throws(ServiceError) -> Outcome {
    let version = try administrators.audited(
      "end shadow", request, as: .engineer, subject: trace.pathPart("{version}")
    ) { (_, act) throws(ServiceError) in
      let shadow = try shadow(versions.version(trace))
      act.subject = shadow.version
      let total = (try? comparison(of: shadow))?.total
      do {
        try registry.endShadow()
      } catch {
        logger.error("shadow not ended", metadata: ["reason": "\(error)"])
        throw .administration(.cannotStore)
      }
      ShadowStore.remove(root: registry.root)
      if let total {
        act.detail = "\(total.changed) of \(total.answered) patients would have had another drug"
      }
      return shadow.version
    }
    return outcome(nil, version)
  }

  private func outcome(_ version: String?, _ previous: String?) -> Outcome {
    Outcome(
      Response { writer in
        writer.object { writer in
          writer.name("status")
          writer.string("success")
          writer.name("shadow")
          writer.string(version)
          writer.name("previous_shadow")
          writer.string(previous)
        }
      })
  }

  /// GET /models/{version}/shadow: how it does beside the served model, without anything of one patient.
  func comparison(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    _ = try administrators.person(of: request)
    let shadow = try shadow(versions.version(trace))
    let found = try comparison(of: shadow)
    let served = registry.currentVersion
    let status =
      shadow.version == served
      ? "served" : found == nil ? "waiting" : found?.failure == nil ? "running" : "failed"
    return Outcome(
      Response { writer in
        writer.object { writer in
          writer.name("version")
          writer.string(shadow.version)
          writer.name("since")
          writer.string(shadow.since)
          writer.name("user")
          writer.string(shadow.user)
          writer.name("champion")
          writer.string(served)
          writer.name("status")
          writer.string(status)
          writer.name("reason")
          writer.string(found?.failure?.publicWords)
          writer.name("comparison")
          if let found { writer.write(found) } else { writer.null() }
        }
      })
  }

  /// GET /models/{version}/shadow/disagreements: whom it would recommend something else, the newest first.
  ///
  /// What was measured of them stands in the log, for who may read that.
  func disagreements(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let user = try administrators.require(request, as: .engineer, .auditor)
    let version = try versions.version(trace)
    let query = try Query(
      trace.head, ["limit": 1...1000, "before": 1...(1 << 53 - 1), "any": 0...1])
    let (limit, isAny) = (query["limit"] ?? 50, query["any"] == 1)
    let page: (found: [ShadowDisagreement], next: Int64?) = try administrators.reading(
      "disagreements", request, by: user, subject: version
    ) {
      act throws(ServiceError) in
      let shadow = try shadow(version)
      guard let log, let store = try store(of: shadow) else { return ([], nil) }
      do {
        let page = try store.disagreements(
          limit, before: query["before"].map(Int64.init), ofDrugsAlone: !isAny, in: log)
        act.detail = page.found.count == 1 ? "1 patient" : "\(page.found.count) patients"
        return page
      } catch {
        throw notReadable(error)
      }
    }
    return Outcome(
      Response { writer in
        writer.object { writer in
          writer.name("disagreements")
          writer.array { writer in page.found.forEach { writer.write($0) } }
          writer.name("next")
          writer.string(
            page.next.map {
              "/models/\(version)/shadow/disagreements?limit=\(limit)&before=\($0)"
                + (isAny ? "&any=1" : "")
            })
        }
      })
  }

  /// - Throws: `ServiceError` when the version is not the shadow.
  private func shadow(_ version: String) throws(ServiceError) -> ModelRegistry.Shadow {
    guard let shadow = registry.shadow, shadow.version == version else {
      throw .administration(.unknown(.shadow))
    }
    return shadow
  }

  private func store(of shadow: ModelRegistry.Shadow) throws(ServiceError) -> ShadowStore? {
    do {
      return try ShadowStore(reading: registry.root, of: shadow.version, since: shadow.since)
    } catch {
      throw notReadable(error)
    }
  }

  private func comparison(
    of shadow: ModelRegistry.Shadow
  ) throws(ServiceError) -> ShadowComparison? {
    guard let store = try store(of: shadow) else { return nil }
    do {
      return try ShadowComparison(store, log: log)
    } catch {
      throw notReadable(error)
    }
  }

  private func notReadable(_ error: any Error) -> ServiceError {
    logger.error("shadow not readable", metadata: ["reason": "\(error)"])
    return .administration(.logNotReadable((error as? PredictionLogError)?.code ?? .other))
  }
}
