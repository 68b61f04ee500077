import DrugClassifier
import FastCGI

extension Service {
  /// GET /health: whether there is a model to answer with.
  func health() -> Response {
    let model = models.served
    return Response(
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
        if let model { writer.string(model.version) } else { writer.null() }
      }
    }
  }

  /// GET /health/live: the process answers.
  func live() -> Response {
    Response { writer in
      writer.object { writer in
        writer.name("status")
        writer.string("alive")
      }
    }
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
        "prediction_log", logFailure == nil || settings.answersWithoutLog,
        logFailure.map { "not written: \($0.code.rawValue)" } ?? (log == nil ? "off" : "ok")
      ))
    return checks
  }

  /// GET /health/ready: whether a prediction would be answered, check by check.
  func ready() -> Response {
    let checks = readinessChecks(of: models.served)
    let isReady = checks.allSatisfy(\.isRight)
    return Response(
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
        if let refusal = models.refusal {
          writer.string(refusal)
        } else {
          writer.null()
        }
      }
    }
  }
}
