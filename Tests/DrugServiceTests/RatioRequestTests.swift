import FastCGI
import Models
import Patients
import Records
import TestSupport
import Testing

@testable import DrugService

/// Sodium and potassium in place of their ratio, at each address that takes patients.
@Suite struct RatioRequestTests {
  private struct Answer: Decodable {
    let prediction: String
    let probabilities: [String: Double]
    let patient_data: Sent
  }
  private struct Sent: Decodable, Equatable {
    let Age: Double
    let Na_to_K: Double
  }
  private struct Batch: Decodable { let predictions: [Answer] }

  private static let others = #""Age":23,"Sex":"F","BP":"HIGH","Cholesterol":"HIGH""#
  private static let parts = #"{\#(others),"Na":0.792535,"K":0.031258}"#

  @Test func thePatientGetsWhatTheRatioGetsAndTheRatioIsKept() throws {
    try withLoggingService { service, log in
      let whole: Answer = try service.predict(#"{\#(Self.others),"Na_to_K":25.355}"#).decoded()
      let alone: Answer = try service.predict(Self.parts).decoded()
      let batch: Batch = try service.predictBatch(#"{"patients":[\#(Self.parts)]}"#).decoded()
      for answer in [alone] + batch.predictions {
        #expect(answer.prediction == whole.prediction)
        #expect(answer.probabilities == whole.probabilities)
        #expect(answer.patient_data == Sent(Age: 23, Na_to_K: 25.355))
      }
      let table = "K,Na,BP,Sex,Cholesterol,Age\n0.031258,0.792535,HIGH,F,HIGH,23\n"
      let rows = service.predictBatch(table, as: "text/csv").text.split(separator: "\r\n")
      #expect(rows[1].hasPrefix("0.031258,0.792535,HIGH,F,HIGH,23,\(whole.prediction),"))
      var body = InferenceBody(inputs: Array(InferenceBody.documented.inputs.prefix(4)))
      body.inputs += [
        .text("K", "FP64", "[2]", "[0.2,0.1]"), .text("Na", "FP64", "[2]", "[3.1,1.83]"),
      ]
      let reply: InferenceReply = try service.infer(body).decoded()
      let usual: InferenceReply = try service.infer(InferenceBody.documented).decoded()
      #expect(reply.outputs.map(\.data) == usual.outputs.map(\.data))
      let kept = try PredictionLog.newest(10, in: log).map { $0.patient[.sodiumToPotassium] }
      #expect(kept.filter { $0 == 25.355 }.count == 4)
      #expect(kept.filter { $0 == 15.5 }.count == 2 && kept.filter { $0 == 18.3 }.count == 2)
    }
  }

  @Test(arguments: [
    (#""Na":0.79"#, "/K", "missing"), (#""Na":0.79,"K":0"#, "/K", "out_of_range"),
    (#""Na":0.79,"K":"0.03""#, "/K", "wrong_type"),
    (#""Na":0.79,"K":[0.03]"#, "/K", "wrong_type"),
    (#""Na":79,"K":0.03"#, "/Na_to_K", "out_of_range"),
    (#""Na_to_K":25,"K":0.03"#, "/K", "unknown_field"),
    (#""Na_to_K":25,"K":null"#, "/K", "unknown_field"),
    (#""sodium":0.79,"K":0.03"#, "/Na", "missing"),
  ])
  func whatIsWrongIsToldWhereItIs(_ members: String, _ pointer: String, _ code: String) throws {
    let response = service.predict("{\(Self.others),\(members)}")
    #expect(response.status == 422)
    let problem: ProblemBody = try response.decoded()
    #expect(problem.errors?.first?.pointer == pointer)
    #expect(problem.errors?.first?.code == code)
  }

  @Test func aTensorThatIsLackingIsNamed() throws {
    var body = InferenceBody(inputs: Array(InferenceBody.documented.inputs.prefix(4)))
    body.inputs.append(.text("Na", "FP64", "[2]", "[3.1,1.83]"))
    let lacking = service.infer(body)
    #expect(lacking.status == 400 && lacking.text.contains("inputs are missing: K"))
    let twice = service.infer(
      InferenceBody(
        inputs: InferenceBody.documented.inputs + [
          .text("Na", "FP64", "[2]", "[3.1,1.83]")
        ]))
    #expect(twice.status == 400 && twice.text.contains("Na must not stand beside Na_to_K"))
  }
}
