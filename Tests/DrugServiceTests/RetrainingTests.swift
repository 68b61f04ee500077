import FastCGI
import FoundationEssentials
import Models
import POSIX
import Records
import TestSupport
import Testing
@testable import DrugService

/// Retraining with stand-ins for `drugctl retrain`: shell scripts that say what it says, or do what it
/// never should. The true program is for the running service to show.
@Suite struct RetrainingTests {
  struct Job: Decodable, Equatable {
    struct Failure: Decodable, Equatable { let code: String, detail: String }
    struct Progress: Decodable, Equatable { let stage: String, fraction: Double }
    struct Result: Decodable, Equatable { let model_version: String, promoted: Bool, job: String }
    struct Parameters: Decodable, Equatable {
      let n_estimators: Int, test_size: Double, dataset: String, features: String?
    }
    let id: String, state: String, user: String, started_at: String, finished_at: String?
    let parameters: Parameters
    let progress: Progress?
    let error: Failure?
    let result: Result?
  }
  private struct Jobs: Decodable { let jobs: [Job] }
  private struct Problem: Decodable {
    let type: String, status: Int, detail: String, code: String?, job: String?
    var name: String { String(type.split(separator: ":").last ?? "") }
  }

  private static let success = #"""
    echo '{"event":"progress","stage":"train","stage_number":4,"stages":6,"done":3,"total":9,"fraction":0.5,"seconds_left":1.5}'
    echo '{"event":"result","status":"success","model_version":"0123456789ab","promoted":true,"forced":false}'
    """#

  /// What a service under test is made of, and where its script works.
  private struct StandIn {
    let settings: ServiceSettings
    let folder: String

    var jobs: JobFolder { JobFolder(path: "\(settings.models)/jobs") }
    /// Another service on the same files, as another process is.
    var other: Service { Service(settings, logger: silent) }
  }

  /// Makes a service that retrains with a script, in which `$folder` names a folder of its own.
  private func withStandIn<Result>(
    _ script: String, limit: Duration = .seconds(60),
    _ body: (_ service: Service, _ standIn: StandIn) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { scripts in
      let path = try write(Array("folder=\(scripts)\n\(script)\n".utf8), to: "\(scripts)/train")
      var made: ServiceSettings?
      return try withAdministeredService({
        $0.retraining?.command = ["/bin/sh", path]
        $0.retraining?.limit = limit
        made = $0
      }) { service, _ in
        try body(service, StandIn(settings: try #require(made), folder: scripts))
      }
    }
  }

  private func start(_ service: Service) throws -> Job {
    let response = service.administer(
      "POST", "/retrain", "{}", parameters: ["HTTP_PREFER": "wait=1, respond-async"])
    #expect(response.status == 202)
    #expect(response.header("Preference-Applied") == "respond-async")
    let job: Job = try response.decoded()
    #expect(response.header("Location") == "/retrain/jobs/\(job.id)")
    return job
  }

  private func job(_ service: Service, _ id: String) throws -> Job {
    try service.administer("GET", "/retrain/jobs/\(id)").decoded()
  }

  private func wait(
    _ service: Service, _ id: String, until condition: (Job) -> Bool = { $0.state != "running" }
  ) throws -> Job {
    for _ in 0..<3000 {
      let job = try job(service, id)
      if condition(job) { return job }
      usleep(10_000)
    }
    Issue.record("the job does not get so far")
    return try job(service, id)
  }

  @Test func aRetrainingIsAnsweredWithItsResult() throws {
    try withStandIn(#"echo "$@" > $folder/arguments; "# + Self.success) { service, standIn throws in
      let response = service.administer(
        "POST", "/retrain",
        #"{"n_estimators":50,"test_size":0.25,"apply_smote":true,"features":"binned","force":true}"#
      )
      #expect(response.status == 200)
      let result: Job.Result = try response.decoded()
      #expect(result.model_version == "0123456789ab" && result.promoted)
      #expect(!response.text.contains("\"event\""))
      let job = try job(service, result.job)
      #expect(job.state == "succeeded" && job.user == "admin" && job.result == result)
      #expect(job.progress == .init(stage: "train", fraction: 0.5))
      #expect(job.parameters.n_estimators == 50 && job.parameters.dataset == "drug200")
      #expect(job.error == nil && job.finished_at != nil)
      let arguments = try String(contentsOfFile: "\(standIn.folder)/arguments", encoding: .utf8)
      for part in [
        "--progress-json", "--n-estimators=50", "--max-leaf-nodes=30", "--test-size=0.25",
        "--features=binned", "--smote", "--force", "--random-state=0", "--data=",
      ] { #expect(arguments.contains(part)) }
      #expect(!arguments.contains("promote"))
      #expect(service.administer("POST", "/retrain", #"{"promote":false}"#).status == 200)
      let again = try String(contentsOfFile: "\(standIn.folder)/arguments", encoding: .utf8)
      #expect(again.contains("--no-promote"))
      #expect(
        try service.acts().prefix(2).map { "\($0.action) \($0.subject) \($0.outcome) \($0.detail)" }
          == [
            "retrain \(job.id) started ",
            "retrain \(job.id) succeeded model 0123456789ab promoted",
          ])
    }
  }

  @Test(
    "What is wrong with the decisions is told, all of it",
    arguments: [
      (#"{"n_estimators":0}"#, ["/n_estimators out_of_range"]),
      (#"{"n_estimators":2001}"#, ["/n_estimators out_of_range"]),
      (#"{"n_estimators":1e400}"#, ["/n_estimators out_of_range"]),
      (#"{"n_estimators":1.5}"#, ["/n_estimators not_whole"]),
      (#"{"n_estimators":"7"}"#, ["/n_estimators wrong_type"]),
      (#"{"n_estimators":null}"#, ["/n_estimators wrong_type"]),
      (#"{"max_leaf_nodes":1}"#, ["/max_leaf_nodes out_of_range"]),
      (#"{"test_size":0.04}"#, ["/test_size out_of_range"]),
      (#"{"test_size":0.51}"#, ["/test_size out_of_range"]),
      (#"{"apply_smote":1}"#, ["/apply_smote wrong_type"]),
      (#"{"features":"all"}"#, ["/features unknown_category"]),
      (#"{"random_state":-1}"#, ["/random_state out_of_range"]),
      (#"{"random_state":9007199254740992}"#, ["/random_state out_of_range"]),
      (#"{"dataset":"../x"}"#, ["/dataset out_of_range"]),
      (#"{"dataset":"none"}"#, ["/dataset unknown_category"]),
      (#"{"force":"yes","seed":1}"#, ["/seed unknown_field", "/force wrong_type"]),
      (#"{"promote":1}"#, ["/promote wrong_type"]),
      (#"{"promote":false,"force":true}"#, ["/force out_of_range"]),
      ("[]", [" wrong_type"]),
    ])
  func refusals(_ body: String, _ faults: [String]) throws {
    try withStandIn(Self.success) { service, _ throws in
      let response = service.administer("POST", "/retrain", body)
      #expect(response.status == 422)
      let problem: ProblemBody = try response.decoded()
      #expect(problem.errors?.map { "\($0.pointer) \($0.code)" } == faults)
      #expect(problem.errors?.allSatisfy { $0.allowed != nil } == true)
      #expect(try service.administer("GET", "/retrain/jobs").decoded(as: Jobs.self).jobs.isEmpty)
    }
  }

  @Test func aDecisionAsAListOfOneIsRefusedWithWhatToWriteInstead() throws {
    try withStandIn(Self.success) { service, _ throws in
      let problem: ProblemBody = try service.administer(
        "POST", "/retrain", #"{"n_estimators":[7],"force":[true],"features":[]}"#
      ).decoded()
      let advised = problem.errors?.filter { $0.detail.hasSuffix("auto_unbox = TRUE") }
      #expect(advised?.map(\.pointer).sorted() == ["/force", "/n_estimators"])
      #expect(problem.errors?.count == 3)
    }
  }

  @Test(
    "A program that fails, lies or dies is told of, now and later",
    arguments: [
      ("exit 1", "training_failed", 500), ("echo oh; echo no >&2; exit 3", "training_failed", 500),
      ("kill -9 $$", "killed", 500), ("kill -11 $$", "killed", 500), ("true", "no_result", 500),
      ("head -c 300000 /dev/urandom", "no_result", 500),
      (#"echo '{"event":"result"}'"#, "no_result", 500),
      (#"echo '{"event":"result","model_version":7,"promoted":true}'"#, "no_result", 500),
      (#"echo '{"event":"result","model_version":"a"'"#, "no_result", 500),
      (
        #"echo '{"event":"result","model_version":"a","promoted":true}'; exit 1"#,
        "training_failed", 500
      ),
      (
        #"echo '{"event":"error","code":"invalid_data","detail":"2 rows"}'; exit 1"#,
        "invalid_data", 422
      ),
      (
        #"echo '{"event":"error","code":"disk_full","detail":"write /a/b: no room"}'; exit 1"#,
        "disk_full", 500
      ),
      (#"echo '{"event":"progress","stage":7}'; exit 1"#, "training_failed", 500),
    ])
  func faults(_ script: String, _ code: String, _ status: Int) throws {
    try withStandIn(script) { service, _ throws in
      let response = service.administer("POST", "/retrain", "{}")
      #expect(response.status == status)
      let problem: Problem = try response.decoded()
      #expect(problem.code == code)
      #expect(problem.name == (status == 422 ? "invalid-training-data" : "retraining-failed"))
      #expect(!problem.detail.isEmpty && !problem.detail.contains("/"))
      let job = try job(service, try #require(problem.job))
      #expect(job.state == "failed" && job.error?.code == code && job.result == nil)
      let last = try #require(try service.acts().last)
      #expect(last.outcome == "failed" && last.detail.hasPrefix(code))
      // The next one may begin.
      #expect(service.administer("POST", "/retrain", "{}").status == status)
    }
  }

  @Test func aProgramThatIsMissingIsTold() throws {
    try withAdministeredService({ $0.retraining?.command = ["/nowhere/drugctl"] }) {
      service, _ throws in
      let response = service.administer("POST", "/retrain", "{}")
      #expect(response.status == 500)
      let problem: Problem = try response.decoded()
      #expect(!problem.detail.contains("nowhere"))
    }
  }

  @Test func wordsBesideTheEventsAreKeptForTheOperator() throws {
    let script = "echo some words; echo a complaint >&2; " + Self.success
    try withStandIn(script) { service, standIn throws in
      let result: Job.Result = try service.administer("POST", "/retrain", "{}").decoded()
      let text = try String(
        contentsOfFile: standIn.jobs.file(result.job, "output"), encoding: .utf8)
      #expect(text == "some words\na complaint\n" || text == "a complaint\nsome words\n")
    }
  }

  @Test func ofTwentyAtOnceOneRuns() throws {
    let script = "echo x >> $folder/runs; until [ -e $folder/go ]; do sleep 0.05; done; "
    try withStandIn(script + Self.success) { service, standIn throws in
      // Two services on one folder, as two processes are.
      let other = standIn.other
      let answers = (0..<20).map { number in
        Background { [service, other][number % 2].administer("POST", "/retrain", "{}") }
      }
      for _ in 0..<600 where try service.acts().count(where: { $0.outcome == "refused" }) < 19 {
        usleep(100_000)
      }
      try write([], to: "\(standIn.folder)/go")
      let responses = try answers.map { try $0.value() }
      #expect(responses.count { $0.status == 200 } == 1)
      let refused = responses.filter { $0.status == 409 }
      #expect(refused.count == 19)
      let ran: Job.Result = try responses.first { $0.status == 200 }!.decoded()
      for response in refused {
        let problem: Problem = try response.decoded()
        #expect(problem.name == "retraining-in-progress" && problem.job == ran.job)
      }
      #expect(try String(contentsOfFile: "\(standIn.folder)/runs", encoding: .utf8) == "x\n")
      let acts = try service.acts()
      #expect(acts.count { $0.outcome == "refused" } == 19)
      #expect(acts.count { $0.outcome == "succeeded" } == 1)
    }
  }

  @Test func aJobThatEndsJustNowIsTheOneInTheWay() throws {
    try withTemporaryFolder { folder in
      let jobs = JobFolder(path: folder)
      let (job, lock, _) = try jobs.begin(user: "ann", parameters: "{}")
      var ended = job
      ended.finish(.succeeded)
      try jobs.write(ended, parameters: "{}")
      try withExtendedLifetime(lock) {
        let refusal = try #require(throws: JobFolder.Refusal.self) {
          _ = try jobs.begin(user: "bob", parameters: "{}")
        }
        guard case .busy(job.id) = refusal else { return #expect(Bool(false), "\(refusal)") }
      }
    }
  }

  @Test(
    "A job is cancelled, whatever its program thinks of that",
    arguments: ["exec sleep 100", "sleep 100", "trap '' TERM; while :; do sleep 0.1; done"])
  func cancellation(_ script: String) throws {
    try withStandIn(script) { service, standIn throws in
      let job = try start(service)
      #expect(job.state == "running" && job.finished_at == nil)
      // Another process is asked, which knows of the job by its files alone.
      let other = standIn.other
      #expect(try self.job(other, job.id).state == "running")
      let cancelled = other.administer("DELETE", "/retrain/jobs/\(job.id)", as: "ann")
      #expect(cancelled.status == 200)
      #expect(try cancelled.decoded(as: Job.self).state == "cancelled")
      let again = other.administer("DELETE", "/retrain/jobs/\(job.id)")
      #expect(again.status == 409)
      #expect(try again.decoded(as: Problem.self).name == "job-over")
      let acts = try service.acts().map { "\($0.user) \($0.action) \($0.outcome)" }
      #expect(
        acts.sorted() == [
          "admin cancel refused", "admin retrain cancelled", "admin retrain started",
          "ann cancel done",
        ])
      // The lock is free at once.
      #expect(try start(service).state == "running")
      let newest = try service.administer("GET", "/retrain/jobs").decoded(as: Jobs.self).jobs[0]
      #expect(service.administer("DELETE", "/retrain/jobs/\(newest.id)").status == 200)
    }
  }

  @Test func whoWaitsIsToldOfACancellation() throws {
    try withStandIn("exec sleep 100") { service, _ throws in
      let waiting = Background { service.administer("POST", "/retrain", "{}") }
      var running: [Job] = []
      while running.isEmpty {
        running = try service.administer("GET", "/retrain/jobs").decoded(as: Jobs.self).jobs
        usleep(10_000)
      }
      #expect(service.administer("DELETE", "/retrain/jobs/\(running[0].id)").status == 200)
      let response = try waiting.value()
      #expect(response.status == 409)
      #expect(try response.decoded(as: Problem.self).name == "retraining-cancelled")
    }
  }

  @Test func whatTakesTooLongIsEnded() throws {
    try withStandIn("exec sleep 100", limit: .milliseconds(300)) { service, _ throws in
      let problem: Problem = try service.administer("POST", "/retrain", "{}").decoded()
      #expect(problem.status == 500 && problem.code == "time_limit")
    }
  }

  @Test func progressIsSeenWhileAJobRuns() throws {
    let line =
      #"{"event":"progress","stage":"load","stage_number":1,"stages":6,"done":1,"total":2,"fraction":0.25,"seconds_left":null}"#
    try withStandIn("echo '\(line)'; exec sleep 100") { service, _ throws in
      let started = try start(service)
      let job = try wait(service, started.id) { $0.progress != nil }
      #expect(job.progress == .init(stage: "load", fraction: 0.25) && job.state == "running")
      #expect(service.administer("DELETE", "/retrain/jobs/\(job.id)").status == 200)
    }
  }

  @Test func aJobWhoseProcessDiedWasInterrupted() throws {
    try withStandIn(Self.success) { service, standIn throws in
      // What a process leaves that is killed: the state, and no lock.
      let begun = try standIn.jobs.begin(user: "ann", parameters: "{}")
      let job = begun.job
      #expect(service.administer("POST", "/retrain", "{}").status == 409)
      #expect(standIn.jobs.read(job.id)?.state == .running)
      begun.lock.release()
      let other = standIn.other
      let response = other.administer("GET", "/retrain/jobs/\(job.id)")
      #expect(response.status == 200)
      #expect(response.text.contains("\"interrupted\""))
      #expect(try service.acts().last?.detail.hasPrefix("interrupted") == true)
      #expect(service.administer("POST", "/retrain", "{}").status == 200)
      #expect(standIn.jobs.read(job.id)?.error?.code == "interrupted")
    }
  }

  @Test func aProgramInheritsNoDescriptorButTheLock() throws {
    let script =
      "ls -l /proc/self/fd | sed -n 's/.* \\([0-9]*\\) -> .*/\\1/p' > $folder/open; "
      + "ps -o ni= -p $$ > $folder/nice; " + Self.success
    try withStandIn(script) { service, standIn throws in
      // Such as libfcgi's, which are not closed by themselves.
      let open = dup(STDERR_FILENO)
      defer { close(open) }
      #expect(service.administer("POST", "/retrain", "{}").status == 200)
      let descriptors = try String(contentsOfFile: "\(standIn.folder)/open", encoding: .utf8)
      // 0 to 3, and the one that lists them.
      #expect(descriptors.split(separator: "\n").prefix(4) == ["0", "1", "2", "3"])
      #expect(descriptors.split(separator: "\n").count <= 5)
      let nice = try String(contentsOfFile: "\(standIn.folder)/nice", encoding: .utf8)
      #expect(nice.filter { $0 != " " } == "19\n")
    }
  }

  @Test func onlyTheNewestJobsAreKept() throws {
    try withStandIn(Self.success) { service, standIn throws in
      for _ in 0..<(JobFolder.keptCount + 5) {
        _ = try standIn.jobs.begin(user: "ann", parameters: "{}")
      }
      #expect(standIn.jobs.identifiers.count == JobFolder.keptCount)
      #expect(service.administer("GET", "/retrain/jobs").status == 200)
    }
  }

  @Test(arguments: ["x", "../../current", "00000000000000-0000000g", "00000000000000-00000000"])
  func aJobThatIsNotThereIsUnknown(_ id: String) throws {
    try withStandIn(Self.success) { service, standIn throws in
      for method in ["GET", "DELETE"] where !id.contains("/") {
        let response = service.administer(method, "/retrain/jobs/\(id)")
        #expect(response.status == 404)
        #expect(try response.decoded(as: Problem.self).name == "unknown-job")
      }
      #expect(standIn.jobs.read(id) == nil)
    }
  }
}
