import FastCGI
import FoundationEssentials
import Models
import POSIX
import Patients
import Records
import TestSupport
import Testing
@testable import DrugService

@Suite struct KeptPredictionTests {
  @Test func aPredictionIsKeptBeforeItIsAnswered() throws {
    try withLoggingService { service, log in
      for number in 0..<20 {
        let response = service.predict(
          documentedPatients[0], parameters: ["REQUEST_ID": "r\(number)"])
        #expect(response.status == 200)
        let kept = try PredictionLog.newest(1, in: log)
        #expect(kept.map(\.id) == ["r\(number)"])
        #expect(kept.map(\.patient) == [DocumentedPatient.first])
      }
    }
  }

  @Test func theSameRequestAgainIsAnsweredAndKeptOnce() throws {
    try withLoggingService { service, log in
      for _ in 0..<3 {
        #expect(
          service.predict(documentedPatients[0], parameters: ["REQUEST_ID": "r"]).status == 200)
      }
      let kept = try PredictionLog.newest(10, in: log)
      #expect(kept.map(\.id) == ["r"])
    }
  }

  @Test func whatIsRefusedIsNotKept() throws {
    try withLoggingService { service, log in
      #expect(service.predict("{}").status == 422)
      #expect(
        service.predict(documentedPatients[0], parameters: ["QUERY_STRING": "x"]).status == 400)
      let kept = try PredictionLog.newest(1, in: log)
      #expect(kept.isEmpty)
    }
  }

  @Test func aLogThatCannotBeWrittenIsAProblemAndNotReady() throws {
    try withLoggingService({ $0.log?.path = "/proc/predictions.sqlite" }) { service, _ in
      let responses = [
        service.predict(documentedPatients[0]),
        service.predictBatch(#"{"patients":[\#(documentedPatients[0])]}"#),
        service.predictBatch(
          "Age,Sex,BP,Cholesterol,Na_to_K\n45,M,HIGH,NORMAL,15.5\n", as: "text/csv"),
      ]
      for response in responses {
        #expect(response.status == 503)
        #expect(response.header("Retry-After") == "5")
        let problem: ProblemBody = try response.decoded()
        #expect(problem.name == "log-not-writable")
        #expect(!response.text.contains("/proc"))
      }
      let ready = service.answer("GET", "/health/ready")
      #expect(ready.status == 503)
      #expect(ready.text.contains(#""prediction_log":"not written: not_writable""#))
      #expect(service.answer("GET", "/health").status == 200)
    }
  }

  @Test func bySettingPredictionsAreAnsweredWithoutALogAndReadySaysSo() throws {
    try withLoggingService({
      $0.log?.path = "/proc/predictions.sqlite"
      $0.answersWithoutLog = true
    }) { service, _ in
      #expect(service.predict(documentedPatients[0]).status == 200)
      let ready = service.answer("GET", "/health/ready")
      #expect(ready.status == 200)
      #expect(ready.text.contains(#""prediction_log":"not written: not_writable""#))
    }
  }
}
