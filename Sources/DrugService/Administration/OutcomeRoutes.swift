import Accounts
import FastCGI
import Logging
import POSIX
import Patients
import Records

/// The prediction log over REST.
struct OutcomeRoutes: RouteGroup {
  static let routes = [
    Route<Self>("GET", "/predictions", predictionList),
    Route("GET", "/predictions/{id}", prediction),
    Route("POST", "/predictions/{id}/outcome", keepOutcome),
    Route("DELETE", "/predictions/{id}", forget),
  ]

  let log: PredictionLog?
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

  /// GET /predictions/{id}: one prediction, with what came of it.
  func prediction(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let user = try administrators.require(request, as: .clinician, .auditor)
    let id = trace.pathPart(2)
    let entry = try administrators.reading("look up", request, by: user, subject: id) {
      _ throws(ServiceError) in try kept(id)
    }
    return Outcome(Response { $0.write(entry) })
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
      let json = try request.json()
      var reader = try MemberReader(json, names: ["drug", "reason"])
      let drugs = try kept(id).record.patient.schema.drugs
      reader.require("drug", allowed: drugs.joined(separator: ", "))
      let drug = reader.choice("drug", drugs)
      let reason = reader.choice(
        "reason", OutcomeRecord.Reason.allCases.map(\.rawValue), orNull: true)
      try reader.finish()
      guard let drug else { throw .administration(.invalidParameters(reader.problems)) }
      let outcome = OutcomeRecord(
        predictionID: id, time: Moment.now.microseconds, user: act.user, drug: drug,
        agreed: try agrees(drug, id, hasReason: reason != nil),
        reason: reason.flatMap(OutcomeRecord.Reason.init))
      switch try keep(outcome) {
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
  /// - Throws: `ServiceError` when the prediction is unknown, or a reason is missing or needless.
  private func agrees(
    _ drug: String, _ id: String, hasReason: Bool
  ) throws(ServiceError) -> Bool {
    let entry = try kept(id)
    let agreed = entry.record.drug == drug
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
      logger.error("outcome not kept", metadata: ["reason": "\(error)"])
      throw .administration(.cannotStore)
    }
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ entry: PredictionLog.Entry) {
    let record = entry.record
    object { writer in
      writer.name("id")
      writer.string(record.id)
      writer.name("time")
      writer.time(Moment(microseconds: record.time))
      writer.name("patient_data")
      writer.object { writer in
        for field in record.patient.schema.fields {
          writer.name(field.name)
          writer.value(record.patient.value(of: field))
        }
      }
      writer.name("prediction")
      writer.string(record.drug)
      writer.name("probability")
      writer.number(record.probability)
      writer.name("prediction_set")
      writer.array { writer in record.predictionSet.forEach { writer.string($0) } }
      writer.name("needs_review")
      writer.bool(record.needsReview)
      writer.name("model_version")
      writer.string(record.modelVersion)
      writer.name("requested_by")
      writer.string(record.requestedBy)
      writer.name("outcome")
      if let outcome = entry.outcome { writer.write(outcome) } else { writer.null() }
    }
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
