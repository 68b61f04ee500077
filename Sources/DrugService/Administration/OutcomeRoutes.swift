import Accounts
import FastCGI
import Logging
import Models
import POSIX
import Patients
import Records

/// The prediction log over REST.
struct OutcomeRoutes: RouteGroup {
  static let routes = [
    Route<Self>("GET", "/predictions", predictionList),
    Route("GET", "/predictions/{id}", queryLane: .explanations, prediction),
    Route("POST", "/predictions/{id}/outcome", keepOutcome),
    Route("PUT", "/predictions/{id}/outcome", correctOutcome),
    Route("DELETE", "/predictions/{id}", forget),
  ]

  let log: PredictionLog?
  let versions: VersionStore
  let predictor: Predictor
  let administrators: Administrators
  let logger: Logger

  /// GET /predictions: the newest predictions, each with what came of it.
  func predictionList(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let user = try administrators.require(request, as: .auditor)
    let (shown, limit, hasMore) = try administrators.reading(
      "read", request, by: user, subject: "predictions"
    ) { act throws(ServiceError) in
      let query = try Query(trace.head, ["limit": 1...1000, "before": 1...(1 << 53 - 1)])
      let limit = query["limit"] ?? 50
      var entries: [PredictionLog.Entry] = []
      do throws(PredictionLogError) {
        // One more tells whether there are any behind these.
        entries = try log?.entries(limit + 1, before: query["before"].map(Int64.init)) ?? []
      } catch {
        throw notReadable(error)
      }
      let shown = entries.prefix(limit)
      act.detail = shown.count == 1 ? "1 row" : "\(shown.count) rows"
      return (shown, limit, entries.count > limit)
    }
    let response = Response { writer in
      writer.object { writer in
        writer.name("predictions")
        writer.array { writer in
          for entry in shown { writer.write(entry) }
        }
        writer.name("next")
        if hasMore, let last = shown.last {
          writer.string("/predictions?limit=\(limit)&before=\(last.number)")
        } else {
          writer.null()
        }
      }
    }
    return Outcome(response)
  }

  /// GET /predictions/{id}: one prediction, with what came of it, and why if that is asked for.
  func prediction(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let user = try administrators.require(request, as: .clinician, .auditor)
    let explains = try PredictRoutes.explains(trace.head.query)
    let id = trace.pathPart(2)
    let entry = try administrators.reading("look up", request, by: user, subject: id) {
      _ throws(ServiceError) in try kept(id)
    }
    let replay =
      explains ? try PredictionReplay(of: entry.record, versions, predictor) : nil
    return Outcome(
      Response { writer in
        writer.object { writer in
          writer.writeMembers(of: entry)
          guard explains else { return }
          writer.name("replay")
          if let replay { writer.write(replay) } else { writer.null() }
        }
      })
  }

  /// - Throws: `ServiceError` when there is no such prediction, or the log cannot be read.
  private func kept(_ id: String) throws(ServiceError) -> PredictionLog.Entry {
    let entry: PredictionLog.Entry?
    do throws(PredictionLogError) {
      entry = try log?.entry(id)
    } catch {
      throw notReadable(error)
    }
    guard let entry else { throw .administration(.unknown(.prediction)) }
    return entry
  }

  private func notReadable(_ error: PredictionLogError) -> ServiceError {
    logger.error("prediction log not readable", metadata: ["reason": "\(error)"])
    return .administration(.logNotReadable(error.code))
  }

  /// POST /predictions/{id}/outcome: what the patient was given.
  func keepOutcome(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let id = trace.pathPart(2)
    let (outcome, isNew) = try administrators.audited(
      "outcome", request, as: .clinician, subject: id
    ) {
      (request, act) throws(ServiceError) in
      switch try keep(try told(request, of: id, by: act.user)) {
      case .kept(let kept): return (kept, true)
      case .alreadyKept(let kept):
        act.outcome = "kept before"
        return (kept, false)
      case .contradicts: throw .administration(.outcomeExists)
      case .unknownPrediction: throw .administration(.unknown(.prediction))
      }
    }
    return Outcome(Response(status: isNew ? 201 : 200) { $0.write(outcome) })
  }

  /// PUT /predictions/{id}/outcome: what the patient was given, in the place of what was told before.
  func correctOutcome(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let id = trace.pathPart(2)
    let (outcome, isNew) = try administrators.audited(
      "correct outcome", request, as: .clinician, subject: id
    ) {
      (request, act) throws(ServiceError) in
      let outcome = try told(request, of: id, by: act.user)
      let before = try kept(id).outcome
      if let before, before.saysTheSame(as: outcome) {
        act.outcome = "kept before"
        return (before, false)
      }
      // Whose word it replaces; what that was is the patient's, and goes.
      if let before { act.detail = "told before by \(before.user)" }
      let isThere: Bool
      do throws(PredictionLogError) {
        isThere = try log?.correct(outcome) ?? false
      } catch {
        throw notKept(error)
      }
      guard isThere else { throw .administration(.unknown(.prediction)) }
      return (outcome, before == nil)
    }
    return Outcome(Response(status: isNew ? 201 : 200) { $0.write(outcome) })
  }

  /// What a request tells of a prediction's patient.
  private func told(
    _ request: borrowing Request, of id: String, by user: String
  ) throws(ServiceError) -> OutcomeRecord {
    let json = try request.json()
    var reader = try MemberReader(json, names: ["drug", "reason"])
    let record = try kept(id).record
    let drugs = record.patient.schema.drugs
    reader.require("drug", allowed: drugs.joined(separator: ", "))
    let drug = reader.choice("drug", drugs)
    let reason = reader.choice(
      "reason", OutcomeRecord.Reason.allCases.map(\.rawValue), orNull: true)
    try reader.finish()
    guard let drug else { throw .administration(.invalidParameters(reader.problems)) }
    return OutcomeRecord(
      predictionID: id, time: Moment.now.microseconds, user: user, drug: drug,
      agreed: try agrees(drug, record, hasReason: reason != nil),
      reason: reason.flatMap(OutcomeRecord.Reason.init))
  }

  /// DELETE /predictions/{id}: the prediction and its outcome are forgotten.
  func forget(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let id = trace.pathPart(2)
    try administrators.audited("forget", request, as: .auditor, subject: id) {
      (_, _) throws(ServiceError) in
      let wasThere: Bool
      do throws(PredictionLogError) {
        wasThere = try log?.forget(id) ?? false
      } catch {
        logger.error("prediction not deleted", metadata: ["reason": "\(error)"])
        throw .administration(.cannotStore)
      }
      guard wasThere else { throw .administration(.unknown(.prediction)) }
    }
    return Outcome(
      Response { writer in
        writer.object { writer in
          writer.name("status")
          writer.string("success")
          writer.name("id")
          writer.string(id)
        }
      })
  }

  /// Whether a drug is the one that was recommended.
  ///
  /// - Throws: `ServiceError` when a reason is missing or needless.
  private func agrees(
    _ drug: String, _ record: PredictionRecord, hasReason: Bool
  ) throws(ServiceError) -> Bool {
    let agreed = record.drug == drug
    guard agreed == hasReason else { return agreed }
    let reasons = OutcomeRecord.Reason.allCases.map(\.rawValue).joined(separator: ", ")
    throw .administration(
      .invalidParameters([
        FieldProblem(
          pointer: "/reason", code: agreed ? .outOfRange : .missing,
          detail: agreed
            ? "reason must be left out when the recommended drug was given"
            : "reason is missing: another drug was given than the one recommended",
          allowed: agreed ? "null" : reasons)
      ]))
  }

  private func keep(
    _ outcome: OutcomeRecord
  ) throws(ServiceError) -> PredictionLog.OutcomeResult {
    do throws(PredictionLogError) {
      return try log?.keep(outcome) ?? .unknownPrediction
    } catch {
      throw notKept(error)
    }
  }

  private func notKept(_ error: PredictionLogError) -> ServiceError {
    logger.error("outcome not kept", metadata: ["reason": "\(error)"])
    return .administration(.cannotStore)
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ entry: PredictionLog.Entry) {
    object { $0.writeMembers(of: entry) }
  }

  fileprivate mutating func writeMembers(of entry: PredictionLog.Entry) {
    let record = entry.record
    name("id")
    string(record.id)
    name("time")
    time(Moment(microseconds: record.time))
    name("patient_data")
    object { writer in
      for field in record.patient.schema.fields {
        writer.name(field.name)
        writer.value(record.patient.value(of: field))
      }
    }
    name("prediction")
    string(record.drug)
    name("probability")
    number(record.probability)
    name("prediction_set")
    array { writer in record.predictionSet.forEach { writer.string($0) } }
    name("needs_review")
    bool(record.needsReview)
    name("model_version")
    string(record.modelVersion)
    name("requested_by")
    string(record.requestedBy)
    name("trace")
    string(record.trace)
    name("outcome")
    if let outcome = entry.outcome { write(outcome) } else { null() }
  }

  fileprivate mutating func write(_ outcome: OutcomeRecord) {
    object { writer in
      writer.name("drug")
      writer.string(outcome.drug)
      writer.name("agreed")
      writer.bool(outcome.agreed)
      writer.name("reason")
      writer.string(outcome.reason?.rawValue)
      writer.name("user")
      writer.string(outcome.user)
      writer.name("time")
      writer.time(Moment(microseconds: outcome.time))
    }
  }
}
