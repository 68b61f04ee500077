public import FastCGI
public import Logging
import Models
import POSIX
import Patients
import Records
import Tracing

/// The REST service: answers requests with the served model.
public final class Service: Sendable {
  /// The longest body that is read into memory, in bytes.
  public static let maximumBodySize = Request.maximumBodySize
  /// What the service answers, by subject.
  static let groups: [any RouteGroup.Type] = [
    HealthRoutes.self, PredictRoutes.self, WhatIfRoutes.self, BatchRoutes.self, ModelRoutes.self,
    InspectionRoutes.self, ReportRoutes.self, ChangeRoutes.self, ShadowRoutes.self,
    DatasetRoutes.self, RetrainRoutes.self, RunRoutes.self, OutcomeRoutes.self, AuditRoutes.self,
    MetricsRoutes.self, MonitoringRoutes.self, InferenceRoutes.self, InterfaceRoutes.self,
    LabelRoutes.self,
  ]

  let models: ModelStore
  let metrics: ServiceMetrics
  private let router: Router
  private let administrators: Administrators
  private let auditCheck: AuditCheck?
  private let log: PredictionLog?
  private let monitor: Monitor
  private let shadows: ShadowKeeper
  private let answersWithoutLog: Bool
  private let logger: Logger
  let tracer: Tracer
  /// Where the lines of answered requests go.
  private let output: LogOutput?

  /// Loads the registry's current model and opens the log; without a sound model the service starts
  /// all the same, says so in /health and recommends nothing.
  ///
  /// - Parameter output: where a line of each answered request goes; nil for nowhere.
  public init(_ settings: ServiceSettings, logger: Logger, output: LogOutput? = nil) {
    self.logger = logger
    self.output = output
    answersWithoutLog = settings.answersWithoutLog
    // Only the folder's own name: no answer tells where the service lies on its disk.
    let folder = settings.models.split(separator: "/").last ?? "models"
    let modelPath = "\(folder)/current/forest.rf"
    let registry = ModelRegistry(root: settings.models, trusted: settings.trusted)
    let metrics = ServiceMetrics(path: settings.counters, routes: Self.routeNames) { error in
      logger.warning("counters not shared", metadata: ["reason": "\(error)"])
    }
    self.metrics = metrics
    tracer = Self.tracer(settings.tracing, metrics, logger)
    let models = ModelStore(
      registry: registry, publicPath: modelPath, logger: logger,
      report: { model in
        if let model {
          metrics.learn(model.model.schema)
          metrics.counters.header.modelLoaded(model.number)
        }
        metrics.loaded(isServed: model != nil)
      })
    self.models = models
    let log = settings.log.map { log in PredictionLog(log) { Self.report($0, logger, metrics) } }
    self.log = log
    let administrators = Administrators(
      audit: settings.auditLog.map { AuditLog(path: $0, heads: settings.auditHeads) },
      signIn: SignIn(settings.passwords, logger: logger), metrics: metrics, logger: logger)
    self.administrators = administrators
    let auditCheck = administrators.audit.map { AuditCheck($0, logger: logger) }
    self.auditCheck = auditCheck
    let access =
      settings.predictionsNeedAccess
      ? PredictionAccess(administrators, keys: settings.keys) : nil
    let datasets = DatasetStore(
      root: settings.models, builtInPath: settings.retraining?.data ?? "data/drug200.csv")
    let predictor = Predictor(
      log: log, answersWithoutLog: settings.answersWithoutLog, metrics: metrics, logger: logger)
    let monitor = Monitor(settings, metrics)
    self.monitor = monitor
    let shadows = ShadowKeeper(
      registry, log: settings.log?.path, program: settings.retraining?.command.first,
      logger: logger)
    self.shadows = shadows
    let lookout = Lookout(
      models: models, log: log, answersWithoutLog: settings.answersWithoutLog, audit: auditCheck,
      metrics: metrics)
    let health = HealthRoutes(
      models: models, modelPath: modelPath, log: log,
      answersWithoutLog: settings.answersWithoutLog)
    let room = Room(reserve: settings.log?.reserve ?? 0)
    var router = Router()
    router.add(health)
    router.add(PredictRoutes(models: models, predictor: predictor), access: access)
    router.add(WhatIfRoutes(models: models, predictor: predictor), access: access)
    router.add(
      BatchRoutes(
        models: models, predictor: predictor, temporaryFolder: settings.temporaryFolder,
        answerLimit: settings.tableAnswerLimit, room: room),
      access: access)
    let versions = VersionStore(besides: models, registry: registry, logger: logger)
    router.add(
      ModelRoutes(
        models: models, versions: versions, registry: registry,
        summaries: ModelSummaries(of: registry),
        administrators: administrators, logger: logger))
    router.add(
      LabelRoutes(
        versions: versions, registry: registry, administrators: administrators, logger: logger))
    router.add(FileRoutes(versions: versions))
    router.add(
      InspectionRoutes(
        versions: versions, datasets: datasets, administrators: administrators, logger: logger))
    router.add(
      ChangeRoutes(
        models: models, versions: versions, datasets: datasets, administrators: administrators,
        logger: logger))
    router.add(
      ShadowRoutes(
        registry: registry, versions: versions, log: settings.log?.path,
        administrators: administrators, logger: logger)
    )
    router.add(
      ReportRoutes(reports: ReportStore(of: registry, logger: logger), versions: versions))
    router.add(
      DatasetRoutes(
        models: models, datasets: datasets, administrators: administrators,
        temporaryFolder: settings.temporaryFolder, room: room, logger: logger))
    router.add(
      RetrainRoutes(
        settings: settings, models: models, datasets: datasets, administrators: administrators,
        jobs: JobFolder(path: "\(settings.models)/jobs"), logger: logger))
    router.add(RunRoutes(root: settings.runs, administrators: administrators, logger: logger))
    router.add(
      OutcomeRoutes(
        log: log, versions: versions, predictor: predictor,
        administrators: administrators, logger: logger))
    router.add(SignInRoutes(administrators: administrators, access: access))
    router.add(AuditRoutes(administrators: administrators, check: auditCheck, logger: logger))
    router.add(
      MetricsRoutes(
        models: models, log: log, metrics: metrics, monitor: monitor, lookout: lookout,
        shadows: shadows))
    router.add(
      MonitoringRoutes(
        models: models, log: log, metrics: metrics, monitor: monitor, lookout: lookout,
        administrators: administrators))
    router.add(
      InferenceRoutes(
        models: models, versions: versions, registry: registry, health: health,
        predictor: predictor), access: access)
    router.add(InterfaceRoutes(models: models, path: settings.interface, logger: logger))
    self.router = router
  }

  /// The lanes of what is not answered at once.
  ///
  /// - Parameter threadCount: how many threads they share, of which each has one at least.
  public static func lanes(threadCount: Int) -> [Lane] {
    ServiceLane.allCases.map { $0.lane(of: threadCount) }
  }

  /// Looks after the model, the log and what is to be told of them; to be called a few times a second,
  /// by one thread.
  public func maintain() {
    models.check()
    log?.maintain()
    monitor.maintain(models.served)
    administrators.recordFailures()
    auditCheck?.maintain()
    shadows.maintain()
  }

  /// Keeps what the last requests have left to be kept, and sends what is left of their spans; to be called when no
  /// more are answered.
  ///
  /// - Parameter milliseconds: the longest that may take for spans.
  public func finish(within milliseconds: Int = 0) {
    shadows.stop()
    administrators.recordFailures()
    tracer.stop(within: milliseconds)
  }

  /// The names of all addresses.
  static var routeNames: Set<String> {
    func names<Group: RouteGroup>(_ group: Group.Type) -> [String] { Group.routes.map(\.path) }
    return Set(groups.flatMap { names($0) } + names(SignInRoutes.self) + names(FileRoutes.self))
  }

  /// How a request is to be answered.
  public func treatment(of request: borrowing Request) -> Treatment {
    router.treatment(of: request)
  }

  /// Answers a request, with a problem when it is wrong; a prediction is answered when `settle` has
  /// kept it.
  public func answer(_ request: borrowing Request, _ reply: consuming Reply) {
    let trace = trace(request)
    let outcome = outcome(of: request, trace)
    guard let record = outcome.record, let log else {
      reply.send(finish(outcome, nil, trace))
      return
    }
    let send = reply.deferred()
    guard let span = trace.span, span.isRecorded else {
      log.add(record) { failure in send(self.finish(outcome, failure, trace)) }
      return
    }
    let start = ContinuousClock.now
    log.add(record) { failure in
      span.add("commit", since: start)
      send(self.finish(outcome, failure, trace))
    }
  }

  /// Answers a request for which there is no room.
  public func refuse(_ request: borrowing Request) -> Response {
    metrics.refused(router.treatment(of: request).lane)
    let trace = trace(request)
    return finish(outcome(of: .busy, trace), nil, trace)
  }

  /// Keeps the predictions that wait for it, together, and sends their answers.
  public func settle() { log?.commit() }

  /// Answers a request, with a problem when it is wrong, and returns when a prediction has been kept.
  public func respond(to request: borrowing Request) -> Response {
    let trace = trace(request)
    let outcome = outcome(of: request, trace)
    guard let record = outcome.record, let log else { return finish(outcome, nil, trace) }
    do throws(PredictionLogError) {
      try log.append([record])
      return finish(outcome, nil, trace)
    } catch {
      return finish(outcome, error, trace)
    }
  }

  private func trace(_ request: borrowing Request) -> RequestTrace {
    RequestTrace(request.head, router.address(of: request.head.path), tracer)
  }

  private func outcome(of request: borrowing Request, _ trace: RequestTrace) -> Outcome {
    do throws(ServiceError) {
      // It may have waited for longer than its client.
      guard !request.isAbandoned else { throw .abandoned }
      guard let address = trace.address else { throw .notFound }
      guard let endpoint = address.endpoint(trace.head.method) else {
        throw .methodNotAllowed(allowed: address.methods)
      }
      var outcome = try endpoint.answer(request, trace)
      if let span = trace.span { outcome.record?.trace = span.trace }
      return outcome
    } catch {
      return outcome(of: error, trace)
    }
  }

  private func outcome(of error: ServiceError, _ trace: RequestTrace) -> Outcome {
    switch error {
    case .invalidPatient(let problems): metrics.rejected(problems)
    case .malformed(let fault): metrics.rejected(fault)
    default: break
    }
    let problem = Problem(error)
    let path = trace.head.path
    var outcome = Outcome(
      InferenceRoutes.own(path)
        ? Response(inference: problem) : Response(problem, instance: path))
    outcome.problem = problem
    return outcome
  }

  /// The answer, now that its record has been kept or could not be; it is logged.
  private func finish(
    _ outcome: Outcome, _ failure: PredictionLogError?, _ trace: RequestTrace
  ) -> Response {
    var outcome = outcome
    if let failure, !answersWithoutLog {
      outcome = self.outcome(of: .logNotWritable(failure.code), trace)
    }
    if let record = outcome.record { metrics.predicted(record, by: outcome.model) }
    let duration = ContinuousClock.now - trace.start
    metrics.answered(
      route: trace.address?.name ?? "none", method: trace.head.method,
      status: outcome.response.status, in: duration)
    logAnswer(outcome, trace, duration)
    if let span = trace.span { tell(span, of: &outcome, trace) }
    return outcome.response
  }

  /// The version that has answered, or is served.
  func version(of outcome: Outcome) -> String? {
    outcome.record?.modelVersion ?? outcome.version ?? models.served?.version
  }

  /// Logs an answer. The line is written directly: a dictionary of its parts would cost as much as
  /// the prediction.
  private func logAnswer(_ outcome: Outcome, _ trace: RequestTrace, _ duration: Duration) {
    let response = outcome.response
    let level: Logger.Level = response.status >= 500 ? .error : .info
    guard logger.logLevel <= level, let output else { return }
    var writer = JSONWriter()
    writer.object { writer in
      writer.name("time")
      writer.time(.now)
      writer.name("level")
      writer.string(level.rawValue)
      writer.name("event")
      writer.string("request")
      writer.name("request_id")
      writer.string(trace.id)
      if let told = trace.head.clientID {
        writer.name("client_request_id")
        writer.string(told)
      }
      if let span = trace.span {
        writer.name("trace_id")
        writer.string(span.trace)
        writer.name("span_id")
        writer.string(span.id)
      }
      writer.name("route")
      writer.string(trace.address?.name ?? "none")
      writer.name("status")
      writer.number(response.status)
      writer.name("duration_s")
      writer.number(duration / .seconds(1))
      writer.name("model_version")
      writer.string(version(of: outcome))
      if let problem = outcome.problem {
        writer.name("problem")
        writer.string(problem.name)
      }
    }
    writer.withBytes { output.write($0, isUrgent: level >= .warning) }
  }

  private static func report(
    _ event: PredictionLog.Event, _ logger: Logger, _ metrics: ServiceMetrics
  ) {
    switch event {
    case .setAside(let path, let reason):
      logger.error(
        "prediction log set aside", metadata: ["path": "\(path)", "reason": "\(reason)"])
    case .failed(let error):
      logger.error(
        "prediction log not writable",
        metadata: ["code": "\(error.code.rawValue)", "reason": "\(error)"])
    case .recovered: logger.notice("prediction log writable again")
    case .committed(let records, let duration):
      metrics.committed(records: records, in: duration)
    case .notCommitted(let error): metrics.commitFailed(error.code)
    case .withoutReserve:
      logger.error(
        "prediction log without reserve", metadata: ["reason": "the disk is full or nearly so"])
    case .reserveKept: logger.notice("prediction log has its reserve")
    case .overdue(let records, let days):
      logger.warning(
        "predictions overdue",
        metadata: [
          "records": .stringConvertible(records), "retention_days": .stringConvertible(days),
        ])
    case .deleted(let beyondTerm, let beyondLimit):
      logger.notice(
        "predictions deleted",
        metadata: [
          "beyond_term": .stringConvertible(beyondTerm),
          "beyond_limit": .stringConvertible(beyondLimit),
        ])
    case .deletionPaused(let reason):
      logger.warning("deletion paused", metadata: ["reason": "\(reason)"])
    }
  }
}
