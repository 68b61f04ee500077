import Foundation
import Models
import Patients
import Records
import TestSupport
import Testing

@Suite struct LogTests {
  private func withLog<Result>(_ body: (_ path: String) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder in
      let path = "\(folder)/predictions.sqlite"
      let log = PredictionLog(PredictionLog.Settings(path: path))
      try log.append([
        PredictionRecord(
          id: "a1", time: 1_700_000_000_123_000, patient: DocumentedPatient.first, drug: "DrugY",
          probability: 0.9876, predictionSet: ["DrugY"], modelVersion: "m1"),
        PredictionRecord(
          id: "b2", time: 1_700_000_060_000_000, patient: DocumentedPatient.second, drug: "drugX",
          probability: 0.5, predictionSet: ["drugX", "DrugY"], modelVersion: "m2",
          requestedBy: "ward", trace: "4bf92f3577b34da6a3ce929d0e0e4736"),
      ])
      return try body(path)
    }
  }

  @Test func theNewestPredictionsAreShownAsATable() throws {
    try withLog { path in
      let run = try DrugCtlRun("log", "--prediction-log", path)
      #expect(run.status == 0 && run.errors.isEmpty)
      #expect(
        run.lines[0]
          == "time (UTC) drug probability review Age Sex BP Cholesterol Na_to_K model id"
          + " requested by")
      #expect(
        run.lines[2...] == [
          "2023-11-14 22:14:20.000 drugX 50.0% drugX DrugY 52 F HIGH NORMAL 18.3 m2 b2 ward",
          "2023-11-14 22:13:20.123 DrugY 98.8% 45 M HIGH NORMAL 15.5 m1 a1",
        ])
    }
  }

  @Test func limitAndIdentifierChoose() throws {
    try withLog { path in
      let newest = try DrugCtlRun("log", "--prediction-log", path, "--limit", "1")
      #expect(newest.lines.count == 3 && newest.lines[2].hasSuffix("b2 ward"))
      let one = try DrugCtlRun("log", "--prediction-log", path, "--id", "a1")
      #expect(one.lines.count == 3 && one.lines[2].hasSuffix("a1"))
      let none = try DrugCtlRun("log", "--prediction-log", path, "--id", "c3")
      #expect(none.status == 1 && none.output.isEmpty)
      #expect(none.errors == "Error: the log holds no prediction c3\n")
    }
  }

  @Test func theyAreWrittenAsCSV() throws {
    try withLog { path in
      let run = try DrugCtlRun("log", "--prediction-log", path, "--format", "csv")
      #expect(
        run.output.components(separatedBy: "\r\n") == [
          "id,time,Age,Sex,BP,Cholesterol,Na_to_K,prediction,probability,prediction_set,"
            + "needs_review,model_version,requested_by,trace",
          "b2,2023-11-14T22:14:20.000Z,52,F,HIGH,NORMAL,18.3,drugX,0.5,drugX DrugY,true,m2,ward,"
            + "4bf92f3577b34da6a3ce929d0e0e4736",
          "a1,2023-11-14T22:13:20.123Z,45,M,HIGH,NORMAL,15.5,DrugY,0.9876,DrugY,false,m1,,", "",
        ])
    }
  }

  @Test func theyAreWrittenAsJSON() throws {
    try withLog { path in
      let run = try DrugCtlRun("log", "--prediction-log", path, "--format", "json", "--id", "b2")
      let found = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [NSDictionary]
      let expected: NSDictionary = [
        "id": "b2", "time": "2023-11-14T22:14:20.000Z", "prediction": "drugX", "probability": 0.5,
        "prediction_set": ["drugX", "DrugY"], "needs_review": true, "model_version": "m2",
        "requested_by": "ward", "trace": "4bf92f3577b34da6a3ce929d0e0e4736",
        "patient_data": [
          "Age": 52, "Sex": "F", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 18.3,
        ],
      ]
      #expect(found == [expected])
    }
  }

  @Test func aPredictionIsForgotten() throws {
    try withLog { path in
      for options in [
        ["log", "forget", "a1", "--prediction-log", path],
        ["log", "--prediction-log", path, "forget", "b2"],
      ] {
        let run = try DrugCtlRun(options)
        #expect(run.status == 0 && run.output.hasSuffix(" is forgotten\n"), "\(run.errors)")
      }
      #expect(try PredictionLog.newest(9, in: path).isEmpty)
      let again = try DrugCtlRun("log", "forget", "a1", "--prediction-log", path)
      #expect(again.status == 1)
      #expect(again.errors == "Error: the log holds no prediction a1\n")
    }
  }

  @Test func aLogThatIsNotThereIsNamed() throws {
    let run = try DrugCtlRun("log", "--prediction-log", "/nowhere/predictions.sqlite")
    #expect(run.status == 1)
    #expect(run.errors == "Error: /nowhere/predictions.sqlite: there is no such file\n")
  }

  @Test(arguments: [["--limit", "0"], ["--limit", "x"], ["--format", "xml"]])
  func optionsThatMakeNoSenseAreRefused(_ options: [String]) throws {
    #expect(try DrugCtlRun(["log"] + options).status == 64)
  }
}
