import Accounts
import FastCGI
import Logging
import Models
import POSIX
import Patients
import Records

/// Retraining over REST.
struct RetrainRoutes: RouteGroup {
  static let routes = [
    Route<Self>("POST", "/retrain", lane: .work, retrain),
    Route("GET", "/retrain/jobs", jobList),
    Route("GET", "/retrain/jobs/{id}", jobState),
    Route("DELETE", "/retrain/jobs/{id}", lane: .work, cancelJob),
  ]

  let settings: ServiceSettings
  let models: ModelStore
  let datasets: DatasetStore
  let administrators: Administrators
  let jobs: JobFolder
  let logger: Logger

  /// POST /retrain: train a model and serve it, unless the served one is better.
  func retrain(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let run = try administrators.audited("retrain", request, as: .engineer) {
      (request, act) throws(ServiceError) in
      let decisions = try RetrainingRequest(try request.json())
      let run = try startRetraining(decisions, user: act.user)
      act.subject = run.start.id
      act.outcome = "started"
      return run
    }
    // Only now, so that its end stands in the audit log behind its start.
    run.begin()
    guard !Self.prefersAsync(request) else {
      return Outcome(
        Response(
          status: 202,
          headers: [
            ("Location", "/retrain/jobs/\(run.start.id)"),
            ("Preference-Applied", "respond-async"),
          ]
        ) { write(run.start, to: &$0) })
    }
    guard let (job, result) = run.wait(while: { !request.isAbandoned }) else { throw .abandoned }
    guard job.state == .succeeded, let result else {
      if job.state == .cancelled { throw .retraining(.cancelled(job: job.id)) }
      throw .retraining(.failed(job.error ?? .interrupted, job: job.id))
    }
    return Outcome(Response { $0.value(.object(result)) })
  }

  /// Whether the client would rather come back (RFC 7240, section 4.1).
  private static func prefersAsync(_ request: borrowing Request) -> Bool {
    (request.parameter("HTTP_PREFER") ?? "").lowercased().split(separator: ",").contains {
      let name = $0.split(separator: ";", omittingEmptySubsequences: false)[0]
      return name.filter { $0 != " " && $0 != "\t" } == "respond-async"
    }
  }

  private func startRetraining(
    _ decisions: RetrainingRequest, user: String
  ) throws(ServiceError) -> RetrainingRun {
    guard let retraining = settings.retraining else { throw .retraining(.unavailable) }
    try check(decisions)
    var parameters = JSONWriter()
    parameters.write(decisions)
    let text = String(decoding: parameters.bytes, as: UTF8.self)
    do throws(JobFolder.Refusal) {
      let (job, lock, interrupted) = try jobs.begin(user: user, parameters: text)
      interrupted.forEach { recordEnd(of: $0, nil) }
      return RetrainingRun(
        job, in: jobs, parameters: text,
        command: retraining.command
          + decisions.arguments(
            models: settings.models, data: retraining.data, log: settings.log?.path)
          // In one word with its option, whatever somebody is called.
          + ["--begun-by=\(user)"],
        limit: retraining.limit, lock: lock
      ) { recordEnd(of: $0, $1) }
    } catch {
      switch error {
      case .busy(let job): throw .retraining(.inProgress(job: job))
      case .system(let failure):
        logger.error("retraining not begun", metadata: ["reason": "\(failure)"])
        throw .retraining(.unavailable)
      }
    }
  }

  /// What can be known of a request before it is tried.
  private func check(_ decisions: RetrainingRequest) throws(ServiceError) {
    func refuse(_ name: String, _ detail: String, _ allowed: String) -> ServiceError {
      .administration(
        .invalidParameters([
          FieldProblem(
            pointer: "/\(name)", code: .unknownCategory, detail: "\(name) \(detail)",
            allowed: allowed)
        ]))
    }
    guard (try? datasets.path(of: decisions.dataset)) != nil else {
      let names = datasets.entries.map(\.name).joined(separator: ", ")
      throw refuse("dataset", "must be one of \(names)", names)
    }
    guard !decisions.includesOutcomes || settings.log != nil else {
      throw refuse("include_outcomes", "must be false: no predictions are kept", "false")
    }
  }

  /// Tells of the end of a job in both logs, and serves what it has led to.
  private func recordEnd(of job: RetrainingJob, _ result: [JSONValue.Member]?) {
    var act = AuditAct(
      user: job.user, action: "retrain", subject: job.id, outcome: job.state.rawValue)
    if let error = job.error { act.detail = "\(error.code): \(error.detail)" }
    if let result, case .string(let version)? = result.value(of: "model_version") {
      let isPromoted = result.value(of: "promoted") == .bool(true)
      let isForced = result.value(of: "forced") == .bool(true)
      act.detail =
        "model \(version) " + (isForced ? "forced" : isPromoted ? "promoted" : "not promoted")
      if isPromoted { models.check() }
    }
    administrators.record(act)
    logger.log(
      level: job.state == .failed ? .error : .notice, "retraining over",
      metadata: ["job": "\(job.id)", "state": "\(act.outcome)", "detail": "\(act.detail)"])
  }

  /// GET /retrain/jobs: the newest jobs.
  func jobList(_ request: borrowing Request, _: RequestTrace) throws(ServiceError) -> Outcome {
    _ = try administrators.require(request, as: .engineer, .auditor)
    let found = jobs.identifiers.prefix(20).compactMap(currentJob)
    return Outcome(
      Response { writer in
        writer.object { writer in
          writer.name("jobs")
          writer.array { writer in
            for job in found { write(job, to: &writer) }
          }
        }
      })
  }

  /// GET /retrain/jobs/{id}: how far a job is, and what came of it.
  func jobState(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    _ = try administrators.require(request, as: .engineer, .auditor)
    guard let job = currentJob(trace.pathPart(3)) else {
      throw .administration(.unknown(.job))
    }
    return Outcome(Response { write(job, to: &$0) })
  }

  /// DELETE /retrain/jobs/{id}: end a job; what is served stays.
  func cancelJob(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let id = trace.pathPart(3)
    let job = try administrators.audited("cancel", request, as: .engineer, subject: id) {
      (_, act) throws(ServiceError) in
      guard let job = currentJob(id) else { throw .administration(.unknown(.job)) }
      guard job.state == .running else { throw .retraining(.jobIsOver(job.state, job: id)) }
      guard (try? jobs.requestCancellation(id, by: act.user)) != nil else {
        throw .administration(.cannotStore)
      }
      let ended = waitForEnd(of: id) ?? job
      if ended.state == .succeeded || ended.state == .failed {
        throw .retraining(.jobIsOver(ended.state, job: id))
      }
      return ended
    }
    return Outcome(Response { write(job, to: &$0) })
  }

  /// Waits until the process that runs a job has ended it.
  private func waitForEnd(of id: String) -> RetrainingJob? {
    let deadline = ContinuousClock.now + .seconds(8)
    while let job = currentJob(id), ContinuousClock.now < deadline {
      if job.state != .running { return job }
      usleep(20_000)
    }
    return currentJob(id)
  }

  /// A job as it is now: one whose process has ended before it could say so has failed.
  private func currentJob(_ id: String) -> RetrainingJob? {
    guard let job = jobs.read(id) else { return nil }
    guard job.state == .running else { return job }
    let interrupted = jobs.settleInterrupted()
    interrupted.forEach { recordEnd(of: $0, nil) }
    return jobs.read(id)
  }

  private func write(_ job: RetrainingJob, to writer: inout JSONWriter) {
    writer.write(
      job, parameters: jobs.parameters(job.id),
      result: job.state == .succeeded ? jobs.result(job.id) : nil)
  }
}
