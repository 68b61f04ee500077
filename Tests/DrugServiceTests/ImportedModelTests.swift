import DrugService
import FastCGI
import FoundationEssentials
import Models
import Patients
import TestSupport
import Testing

/// A model of which nothing is known but its trees, served like any other.
@Suite struct ImportedModelTests {
  /// A service that serves one.
  private func withService(_ body: (_ service: Service, _ version: String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let version = try saveImportedModel(in: "\(folder)/models")
      try body(Service(ServiceSettings(models: "\(folder)/models"), logger: silent), version)
    }
  }

  private struct Answer: Decodable {
    let prediction: String
    let prediction_set: [String]
    let needs_review: Bool
    let warnings: [String]
    let model_version: String
  }

  @Test func itRecommendsAndRulesNothingOut() throws {
    try withService { service, version in
      for patient in documentedPatients {
        let response = service.predict(patient)
        #expect(response.status == 200)
        let answer = try response.decoded(as: Answer.self)
        #expect(answer.prediction == "DrugY" && answer.model_version == version)
        #expect(Set(answer.prediction_set) == Set(PatientSchema.drug200.drugs))
        #expect(answer.needs_review)
      }
      let old = #"{"Age":120,"Sex":"M","BP":"HIGH","Cholesterol":"NORMAL","Na_to_K":99}"#
      #expect(try service.predict(old).decoded(as: Answer.self).warnings.isEmpty)
    }
  }

  @Test func aModelThatIsTooDeepToBeExplainedSaysSo() throws {
    try withTemporaryFolder { folder in
      _ = try saveImportedModel(
        of: [chain(ofTests: 513, column: 8)], classes: PatientSchema.drug200.drugs,
        in: "\(folder)/models")
      let service = Service(ServiceSettings(models: "\(folder)/models"), logger: silent)
      let response = service.predict(
        documentedPatients[0], parameters: ["QUERY_STRING": "explain=true"])
      #expect(response.status == 200)
      #expect(
        response.text.contains(
          #""base_value":null,"contributions":null,"omitted":["too_deep"],"nearest_flip":{"#))
    }
  }

  @Test func anExplanationSaysWhatIsNotKnown() throws {
    struct Explained: Decodable {
      struct Explanation: Decodable {
        struct Flip: Decodable { let prediction: String }
        let base_value: Double?
        let contributions: [String: Double]?
        let nearest_flip: Flip?
      }
      let explanation: Explanation
    }
    try withService { service, _ in
      let response = service.predict(
        documentedPatients[0], parameters: ["QUERY_STRING": "explain=true"])
      let explanation = try response.decoded(as: Explained.self).explanation
      #expect(explanation.base_value == nil && explanation.contributions == nil)
      #expect(explanation.nearest_flip?.prediction == "drugA")
      #expect(response.text.contains(#""base_value":null,"contributions":null"#))
    }
  }

  @Test func whatIsToldOfItIsWhereItComesFrom() throws {
    try withService { service, version in
      let info = service.answer("GET", "/model/info").text
      for words in [
        #""imported":{"folded":false,"format":"ONNX","producer":"another 1.0","#,
        #""evaluation":null"#, #""parameters":null"#, #""training_data":null"#,
        #""importances":null"#, #""feature_sets":{}"#, #""n_estimators":5"#,
        #""training_ranges":{}"#, #""coverage":null"#,
      ] {
        #expect(info.contains(words), "\(words)")
      }
      let list = service.answer("GET", "/models").text
      #expect(list.contains(#""imported_from":"ONNX""#) && list.contains(#""test_accuracy":null"#))
      #expect(list.contains(#""data_sha256":null"#))
      let details = service.answer("GET", "/models/\(version)")
      #expect(details.status == 200 && details.text.contains(#""evaluation":null"#))
      #expect(service.answer("GET", "/health").status == 200)
      #expect(service.answer("GET", "/monitoring").status == 200)
    }
  }
}
