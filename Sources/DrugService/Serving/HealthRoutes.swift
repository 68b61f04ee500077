import FastCGI
import Models
import Patients
import Records

/// Whether the service answers, and what it answers with.
struct HealthRoutes: RouteGroup {
  static let routes = [
    Route<Self>("GET", "/health", isBrief: true, health),
    Route("GET", "/health/live", isBrief: true, live),
    Route("GET", "/health/ready", isBrief: true, ready),
  ]

  let models: ModelStore
  /// The forest's path as answers tell it.
  let modelPath: String
  let log: PredictionLog?
  let answersWithoutLog: Bool

  /// GET /health: whether there is a model to answer with.
  func health(_: borrowing Request, _: RequestTrace) -> Outcome {
    let model = models.served
    let response = Response(
      status: model == nil ? 503 : 200, headers: model == nil ? [Problem.retryLater] : []
    ) { writer in
      writer.object { writer in
        writer.name("status")
        writer.string(model == nil ? "unhealthy" : "healthy")
        writer.name("model_loaded")
        writer.bool(model != nil)
        writer.name("model_path")
        writer.string(modelPath)
        writer.name("version")
        writer.string(programVersion)
        writer.name("model_version")
        writer.string(model?.version)
      }
    }
    return Outcome(response)
  }

  /// GET /health/live: the process answers.
  func live(_: borrowing Request, _: RequestTrace) -> Outcome {
    Outcome(
      Response { writer in
        writer.object { writer in
          writer.name("status")
          writer.string("alive")
        }
      })
  }

  /// What must be right for a prediction of a model to be answered.
  func readinessChecks(
    of model: ServedModel?
  ) -> [(name: String, isRight: Bool, detail: String)] {
    let logFailure = log?.failure
    var checks: [(name: String, isRight: Bool, detail: String)] = []
    checks.append(("model", model != nil, model == nil ? "no model is loaded" : "ok"))
    if let model {
      let isRight = model.model.passesSelfTest()
      checks.append(("self_test", isRight, isRight ? "ok" : "the documented patient differs"))
    }
    checks.append(
      (
        "prediction_log", logFailure == nil || answersWithoutLog,
        logFailure.map { "not written: \($0.code.rawValue)" } ?? (log == nil ? "off" : "ok")
      ))
    if let hasReserve = log?.hasReserve {
      checks.append(
        ("log_reserve", true, hasReserve ? "ok" : "used: the disk is full or nearly so"))
    }
    return checks
  }

  /// GET /health/ready: whether a prediction would be answered, check by check.
  func ready(_: borrowing Request, _: RequestTrace) -> Outcome {
    let checks = readinessChecks(of: models.served)
    let isReady = checks.allSatisfy(\.isRight)
    let response = Response(
      status: isReady ? 200 : 503, headers: isReady ? [] : [Problem.retryLater]
    ) { writer in
      writer.object { writer in
        writer.name("status")
        writer.string(isReady ? "ready" : "not ready")
        writer.name("checks")
        writer.object { writer in
          for check in checks {
            writer.name(check.name)
            writer.string(check.detail)
          }
        }
        writer.name("refused_model")
        writer.string(models.refusal)
      }
    }
    return Outcome(response)
  }
}
