public import DrugClassifier
public import FastCGI
import Glibc
public import Logging
import Synchronization

/// What a service is made of.
public struct ServiceSettings: Sendable {
  /// The folder of models.
  public var models: String
  /// How answered predictions are kept; nil keeps none.
  public var log: PredictionLog.Settings?
  /// Whether predictions are answered while the log cannot be written.
  public var answersWithoutLog = false
  /// The folder of temporary files.
  public var temporaryFolder = "/tmp"
  /// The file in which the processes of a service count together; nil counts in this one alone.
  public var counters: String?
  /// The database of what administrators did; nil keeps no record.
  public var auditLog: String?
  /// How models are retrained; nil for not at all.
  public var retraining: RetrainingSettings?

  /// Creates the settings of a service that keeps no log.
  public init(models: String) {
    self.models = models
  }
}

/// The REST service: answers requests with the served model.
public final class Service: Sendable {
  /// The longest body that is read into memory, in bytes.
  public static let maximumBodySize = 65_536

  let settings: ServiceSettings
  let modelPath: String
  let models: ModelStore
  let versions: VersionStore
  let log: PredictionLog?
  let audit: AuditLog?
  let jobs: JobFolder
  let registry: ModelRegistry
  let datasets: DatasetStore
  let logger: Logger
  let metrics: ServiceMetrics
  let monitor: Monitor
  /// Where the lines of answered requests go.
  private let output: LogOutput?

  /// Loads the registry's current model and opens the log; without a sound model the service starts
  /// all the same, says so in /health and recommends nothing.
  ///
  /// - Parameter output: where a line of each answered request goes; nil for nowhere.
  public init(_ settings: ServiceSettings, logger: Logger, output: LogOutput? = nil) {
    self.settings = settings
    self.logger = logger
    self.output = output
    // Only the folder's own name: no answer tells where the service lies on its disk.
    let folder = settings.models.split(separator: "/").last ?? "models"
    modelPath = "\(folder)/current/forest.rf"
    registry = ModelRegistry(root: settings.models)
    let metrics = ServiceMetrics(path: settings.counters, routes: Self.routes.keys) { error in
      logger.warning("counters not shared", metadata: ["reason": "\(error)"])
    }
    self.metrics = metrics
    models = ModelStore(
      registry: registry, publicPath: modelPath, logger: logger,
      report: { metrics.loaded(isServed: $0) })
    versions = VersionStore(registry: registry, logger: logger)
    datasets = DatasetStore(
      root: settings.models, builtInPath: settings.retraining?.data ?? "data/drug200.csv")
    jobs = JobFolder(path: "\(settings.models)/jobs")
    audit = settings.auditLog.map(AuditLog.init)
    log = settings.log.map { log in PredictionLog(log) { Self.report($0, logger, metrics) } }
    monitor = Monitor(settings, metrics)
  }

  /// Looks after the model and the log; to be called a few times a second, by one thread.
  public func maintain() {
    models.check()
    log?.maintain()
  }

  /// An answer, and what is to be kept of it before it is sent.
  struct Outcome {
    var response: Response
    var problem: Problem?
    var record: PredictionRecord?
    /// The number of the model that the record comes from.
    var model: UInt64 = 0
    /// The version that has answered, when it is not the record's nor the served one.
    var version: String?
  }

  typealias Route = @Sendable (Service, borrowing Request) throws(ServiceError) -> Outcome

  /// What each address answers to; a part in braces stands for any text without a slash.
  static let routes: [String: [String: Route]] =
    openRoutes.merging(loopRoutes) { open, _ in open }.merging(inferenceRoutes) { own, _ in own }

  private static let openRoutes: [String: [String: Route]] = [
    "/health": ["GET": { (service, _) in Outcome(response: service.health()) }],
    "/health/live": ["GET": { (service, _) in Outcome(response: service.live()) }],
    "/health/ready": ["GET": { (service, _) in Outcome(response: service.ready()) }],
    "/model/info": [
      "GET": { (service, _) throws(ServiceError) in Outcome(response: try service.modelInfo()) }
    ],
    "/metrics": [
      "GET": { (service, request) throws(ServiceError) in
        Outcome(response: try service.metricsText(request))
      }
    ],
    "/monitoring": ["GET": { (service, _) in Outcome(response: service.monitoring()) }],
    "/predict": [
      "POST": { (service, request) throws(ServiceError) in try service.predict(request) }
    ],
    "/predict/batch": [
      "POST": { (service, request) throws(ServiceError) in
        Outcome(response: try service.predictBatch(request))
      }
    ],
  ]

  /// The routes with parts in braces, split at the slashes.
  private static let templates: [(parts: [Substring], name: String)] = routes.keys
    .filter { $0.contains("{") }
    .map { ($0.split(separator: "/", omittingEmptySubsequences: false), $0) }

  /// The name of the route of a path; nil when there is none.
  static func routeName(of path: String) -> String? {
    if path.utf8.contains(UInt8(ascii: "{")) { return nil }
    // The addresses without names in them, those of predictions among them, are found at once.
    if routes[path] != nil { return path }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return templates.first { template in
      template.parts.count == parts.count
        && zip(template.parts, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") && !$1.isEmpty }
    }?.name
  }

  /// Whether the handler of a request reads its body piece by piece.
  public static func streams(_ request: borrowing Request) -> Bool {
    guard let path = request.parameter("PATH_INFO") else { return false }
    return path == "/predict/batch" || path.hasPrefix("/datasets/")
      || path.hasPrefix("/v2/models/")
  }

  /// Whether a request is answered in some microseconds: one patient without an explanation.
  public static func isBrief(_ request: borrowing Request) -> Bool {
    request.parameter("PATH_INFO") == "/predict" && request.parameter("QUERY_STRING") ?? "" == ""
  }

  /// Answers a request, with a problem when it is wrong; a prediction is answered when `settle` has
  /// kept it.
  public func answer(_ request: borrowing Request, _ reply: consuming Reply) {
    let trace = RequestTrace(request)
    let outcome = outcome(of: request, trace)
    guard let record = outcome.record, let log else {
      reply.send(finish(outcome, nil, trace))
      return
    }
    let send = reply.deferred()
    log.add(record) { failure in send(self.finish(outcome, failure, trace)) }
  }

  /// Keeps the predictions that wait for it, together, and sends their answers.
  public func settle() { log?.commit() }

  /// Answers a request, with a problem when it is wrong, and returns when a prediction has been kept.
  public func respond(to request: borrowing Request) -> Response {
    let trace = RequestTrace(request)
    return keep(outcome(of: request, trace), trace)
  }

  private func outcome(of request: borrowing Request, _ trace: RequestTrace) -> Outcome {
    do throws(ServiceError) {
      return try route(request, trace)
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
    let response =
      Self.isInference(trace.path)
      ? Response(inference: problem) : Response(problem, instance: trace.path)
    return Outcome(response: response, problem: problem)
  }

  private func keep(_ outcome: Outcome, _ trace: RequestTrace) -> Response {
    guard let record = outcome.record, let log else { return finish(outcome, nil, trace) }
    do throws(PredictionLogError) {
      try log.append([record])
      return finish(outcome, nil, trace)
    } catch {
      return finish(outcome, error, trace)
    }
  }

  /// The answer, now that its record has been kept or could not be; it is logged.
  private func finish(
    _ outcome: Outcome, _ failure: PredictionLogError?, _ trace: RequestTrace
  ) -> Response {
    var outcome = outcome
    if let failure, !settings.answersWithoutLog {
      outcome = self.outcome(of: .logNotWritable(failure.code), trace)
    }
    if let record = outcome.record { metrics.predicted(record, by: outcome.model) }
    let duration = ContinuousClock.now - trace.start
    metrics.answered(
      route: trace.route ?? "none", method: trace.method, status: outcome.response.status,
      in: duration)
    logAnswer(outcome, trace, duration)
    return outcome.response
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
      if let told = trace.clientID {
        writer.name("client_request_id")
        writer.string(told)
      }
      writer.name("route")
      writer.string(trace.route ?? "none")
      writer.name("status")
      writer.number(response.status)
      writer.name("duration_s")
      writer.number(duration / .seconds(1))
      writer.name("model_version")
      if let version = outcome.record?.modelVersion ?? outcome.version ?? models.served?.version {
        writer.string(version)
      } else {
        writer.null()
      }
      if let problem = outcome.problem {
        writer.name("problem")
        writer.string(problem.name)
      }
    }
    writer.withBytes { output.write($0, isUrgent: level >= .warning) }
  }

  private func route(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    guard let methods = trace.route.flatMap({ Self.routes[$0] }) else { throw .notFound }
    let method = trace.method
    // The web server leaves out the body of an answer to HEAD.
    guard let route = methods[method == "HEAD" ? "GET" : method] else {
      let names = methods.keys.flatMap { $0 == "GET" ? ["GET", "HEAD"] : [$0] }
      throw .methodNotAllowed(allowed: names.sorted())
    }
    return try route(self, request)
  }

  /// The served model.
  func model() throws(ServiceError) -> ServedModel {
    guard let model = models.served else { throw .noModel }
    return model
  }

  private func modelInfo() throws(ServiceError) -> Response {
    Response(
      status: 200,
      headers: [("Content-Type", "application/json"), ("Cache-Control", "no-store")],
      body: try model().info)
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
    }
  }
}
