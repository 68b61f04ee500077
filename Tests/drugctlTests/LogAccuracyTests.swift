import Foundation
import Models
import Patients
import Records
import TestSupport
import Testing

@Suite struct LogAccuracyTests {
  /// Makes a model and a log of 250 predictions of it, 20 of another version, and a table's row.
  private func withLog<Result>(
    _ body: (_ options: [String], _ version: String) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      let version = try saveModel(in: "\(folder)/models")
      let path = "\(folder)/predictions.sqlite"
      func record(_ id: String, _ probability: Double, _ version: String) -> PredictionRecord {
        PredictionRecord(
          id: id, time: 1_700_000_000_000_000, patient: DocumentedPatient.first, drug: "DrugY",
          probability: probability, predictionSet: ["DrugY"], modelVersion: version)
      }
      let log = PredictionLog(.init(path: path))
      try log.append(
        (0..<250).map { record("p\($0)", $0 < 50 ? 0 : $0 < 150 ? 0.9 : 0.95, version) })
      try log.append((0..<20).map { record("q\($0)", 0.1, "0123456789ab") })
      try log.append([record("t-1", 0.2, version)])
      for number in 200..<230 {
        _ = try log.keep(
          OutcomeRecord(
            predictionID: "p\(number)", time: 1, user: "ann", drug: "DrugY", agreed: true,
            reason: nil))
      }
      return try body(["--prediction-log", path, "--models", "\(folder)/models"], version)
    }
  }

  @Test func itTellsWhatIsExpectedPromisedAndRecorded() throws {
    try withLog { options, version in
      let run = try DrugCtlRun(["log", "accuracy"] + options)
      #expect(run.status == 0 && run.errors.isEmpty)
      #expect(run.lines[0].hasPrefix("Model \(version), 250 predictions: expected accuracy 74.0%"))
      #expect(run.lines[1].hasPrefix("All of it is below what its card promised"))
      #expect(
        run.lines[2] == "Recorded: in 30 of 30 outcomes the recommended drug was given.")
      #expect(run.lines.last?.hasPrefix("This assumes that patients") == true)
    }
  }

  @Test func chunksAreWrittenForPrograms() throws {
    try withLog { options, version in
      let run = try DrugCtlRun(["log", "accuracy", "--format", "csv"] + options)
      let rows = run.output.components(separatedBy: "\r\n").dropLast()
        .map { $0.components(separatedBy: ",") }
      #expect(rows[0].prefix(6) == ["from", "to", "predictions", "accuracy", "lower", "upper"])
      #expect(rows.count == 3 && rows[1][2] == "100")
      #expect(try #require(Double(rows[1][3])) - 0.9 < 1e-12)
      #expect(rows[2].suffix(2) == ["30", "30"])
      let json = try DrugCtlRun(
        ["log", "accuracy", "--format", "json", "--chunk", "251", "--tables"] + options)
      let chunks = try #require(
        try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
      #expect(chunks.count == 1 && chunks[0]["predictions"] as? Int == 251)
    }
  }

  @Test func tooFewAreSaidToBeAndAnotherVersionIsAskedForByName() throws {
    try withLog { options, _ in
      let few = try DrugCtlRun(["log", "accuracy", "--model", "0123456789ab"] + options)
      #expect(few.status == 0)
      #expect(
        few.lines == ["Too few to say: 20 predictions of model 0123456789ab, 100 are needed."])
      let enough = try DrugCtlRun(
        ["log", "accuracy", "--model", "0123456789ab", "--chunk", "10"] + options)
      #expect(enough.lines[1].hasPrefix("Its card promises nothing"))
      let none = try DrugCtlRun(
        "log", "accuracy", "--model", "0123456789ab", "--prediction-log", "/nowhere/log")
      #expect(none.status == 1 && none.errors.contains("there is no such file"))
    }
  }
}
