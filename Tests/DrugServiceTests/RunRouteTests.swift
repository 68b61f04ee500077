import FastCGI
import Records
import TestSupport
import Testing
@testable import DrugService

@Suite struct RunRouteTests {
  private struct Listed: Decodable {
    let runs: [Told]
    let total: Int
    let next: String?
  }
  private struct Told: Decodable {
    struct Trial: Decodable { let number: Int, macro_f1: Double, given_up: Bool }
    let number: Int, command: String, state: String, user: String?, dataset: String?
    let name: String?, note: String?, noted_by: String?, error: String?, duration_s: Double?
    let parameters: [String: String], metrics: [String: Double], trials: [Trial]?
  }

  /// A service whose folder of models has three runs, of which the second is a search.
  private func withRuns(_ body: (Service) throws -> Void) throws {
    var folder = ""
    try withAdministeredService({ folder = $0.models }) { service, _ throws in
      let store = try RunStore(root: folder)
      for (place, command) in ["train", "optimize", "retrain"].enumerated() {
        var run = Run(command: command, parameters: ["n-estimators": "\(place)"], user: "ada")
        run.dataset = "/home/ada/clinic.csv"
        run.metrics = ["cv_macro_f1": 0.5]
        try store.begin(&run)
        if command == "optimize" {
          let trial = Trial(
            number: 1, parameters: ["features": "binned"], macroF1: 0.75, logLoss: 1, foldCount: 5,
            isRejected: true,
            duration: 1)
          try store.add(trial, to: run)
        }
        run.end(.failed, after: 1.5, error: "/home/ada/clinic.csv is gone")
        try store.update(run)
      }
      try body(service)
    }
  }

  private func list(_ service: Service, _ query: String = "") throws -> Listed {
    try service.administer("GET", "/runs", parameters: ["QUERY_STRING": query]).decoded()
  }

  @Test func runsAreListedPageByPageWithoutPaths() throws {
    try withRuns { service in
      let all = try list(service)
      #expect(all.runs.map(\.number) == [3, 2, 1] && all.total == 3 && all.next == nil)
      #expect(all.runs.allSatisfy { $0.user == "ada" && $0.dataset == "clinic.csv" })
      #expect(all.runs[0].metrics == ["cv_macro_f1": 0.5] && all.runs[0].duration_s == 1.5)
      #expect(!service.administer("GET", "/runs").text.contains("/home"))
      let first = try list(service, "limit=2")
      #expect(first.runs.map(\.number) == [3, 2] && first.next == "/runs?limit=2&from=2")
      #expect(try list(service, "limit=2&from=2").runs.map(\.number) == [1])
      let search: Told = try service.administer("GET", "/runs/2").decoded()
      #expect(search.trials?.map(\.macro_f1) == [0.75] && search.trials?[0].given_up == true)
      for unknown in ["4", "x", "-1", "99999999999999999999"] {
        #expect(service.administer("GET", "/runs/\(unknown)").status == 404)
      }
    }
  }

  @Test func aNameAndANoteAreKeptAndStandInTheAuditLog() throws {
    try withRuns { service in
      let told: Told = try service.administer(
        "PUT", "/runs/1/remark", #"{"name":" best so far ","note":"of May"}"#
      ).decoded()
      #expect(told.name == "best so far" && told.note == "of May" && told.noted_by == "admin")
      let act = try #require(try service.acts().last)
      #expect(act.action == "remark" && act.subject == "run 1" && act.detail == "best so far")
      let gone: Told = try service.administer("PUT", "/runs/1/remark", "{}").decoded()
      #expect(gone.name == nil && gone.note == nil)
      #expect(service.administer("PUT", "/runs/9/remark", "{}").status == 404)
      let long = String(repeating: "x", count: 61)
      for wrong in [#"{"name":7}"#, #"{"name":"\#(long)"}"#, #"{"note":"a\nb"}"#, #"{"x":1}"#] {
        #expect(service.administer("PUT", "/runs/1/remark", wrong).status == 422)
      }
    }
  }

  @Test func whereNothingWasTriedThereAreNoRuns() throws {
    try withAdministeredService { service, _ throws in
      let told = try list(service)
      #expect(told.runs.isEmpty && told.total == 0 && told.next == nil)
      #expect(service.administer("GET", "/runs/1").status == 404)
      #expect(service.administer("PUT", "/runs/1/remark", "{}").status == 404)
    }
  }
}
