import FastCGI
import Models
import Patients
import Records
import TestSupport
import Testing
@testable import DrugService

@Suite struct ServiceTests {
  private struct Health: Decodable, Equatable {
    let status: String
    let model_loaded: Bool
    let model_path: String
    let version: String
    let model_version: String?
  }

  private struct Prediction: Decodable {
    struct Warning: Decodable { let pointer: String, code: String, detail: String, allowed: String }

    let prediction: String
    let status: String
    let probabilities: [String: Double]
    let votes: [String: Int]
    let warnings: [Warning]
    let model_version: String
    let id: String
  }

  @Test func aServiceWithAModelIsHealthy() throws {
    let response = service.answer("GET", "/health")
    #expect(response.status == 200)
    #expect(response.header("Content-Type") == "application/json")
    #expect(response.header("Cache-Control") == "no-store")
    let health: Health = try response.decoded()
    #expect(health.status == "healthy")
    #expect(health.model_loaded)
    #expect(health.model_path == "models/current/forest.rf")
    #expect(health.version == programVersion)
    #expect(health.model_version?.count == 12)
  }

  @Test func aServiceWithoutAModelSaysSoAndWhenToComeBack() throws {
    let response = emptyService.answer("GET", "/health")
    #expect(response.status == 503)
    #expect(response.header("Retry-After") == "5")
    let health: Health = try response.decoded()
    #expect(
      health
        == Health(
          status: "unhealthy", model_loaded: false, model_path: "models/current/forest.rf",
          version: programVersion, model_version: nil))
    for response in [
      emptyService.predict(documentedPatients[0]), emptyService.answer("GET", "/model/info"),
    ] {
      #expect(response.status == 503)
      #expect(response.header("Retry-After") == "5")
    }
  }

  @Test(arguments: documentedPatients)
  func aDocumentedPatientGetsDrugY(_ patient: String) throws {
    let response = service.predict(patient, parameters: ["REQUEST_ID": "request-7"])
    #expect(response.status == 200)
    let prediction: Prediction = try response.decoded()
    #expect(prediction.prediction == "DrugY")
    #expect(prediction.status == "success")
    #expect(Set(prediction.probabilities.keys) == Set(PatientSchema.drug200.drugs))
    #expect(abs(prediction.probabilities.values.reduce(0, +) - 1) < 1e-9)
    #expect(prediction.votes.values.reduce(0, +) == 10)
    #expect(prediction.warnings.isEmpty)
    #expect(prediction.id == "request-7")
    #expect(
      String(decoding: response.body, as: UTF8.self).contains(#""patient_data":\#(patient),"#))
  }

  @Test func thePatientComesBackAsItWasSent() {
    let sent =
      #"{ "Na_to_K" : 1.550e1 , "Sex":"\u004d","BP":"HIGH","Cholesterol":"NORMAL","Age":45.0}"#
    let answer = String(decoding: service.predict(sent).body, as: UTF8.self)
    #expect(
      answer.contains(
        #""patient_data":{"Na_to_K":1.550e1,"Sex":"M","BP":"HIGH","Cholesterol":"NORMAL","Age":45.0}"#
      ))
  }

  @Test func valuesOutsideOfTrainingGetAWarning() throws {
    let patient = #"{"Age":110,"Sex":"F","BP":"LOW","Cholesterol":"HIGH","Na_to_K":1}"#
    let prediction: Prediction = try service.predict(patient).decoded()
    #expect(prediction.warnings.map(\.pointer).sorted() == ["/Age", "/Na_to_K"])
    #expect(prediction.warnings.allSatisfy { $0.code == "outside_training_range" })
  }

  @Test func aPatientUnlikeTheTrainingNeedsAReviewHoweverSureTheForestIs() throws {
    struct Answer: Decodable {
      let id: String, prediction_set: [String], needs_review: Bool
    }
    struct Answers: Decodable { let predictions: [Answer] }
    let patient = #"{"Age":118,"Sex":"M","BP":"NORMAL","Cholesterol":"NORMAL","Na_to_K":95}"#
    try withLoggingService { service, log in
      let alone: Answer = try service.predict(patient).decoded()
      #expect(alone.prediction_set == ["DrugY"] && alone.needs_review)
      let batch: Answers = try service.predictBatch(
        #"{"patients":[\#(patient),\#(documentedPatients[0])]}"#
      ).decoded()
      #expect(batch.predictions.map(\.needs_review) == [true, false])
      let table = service.predictBatch(
        "Age,Sex,BP,Cholesterol,Na_to_K\n118,M,NORMAL,NORMAL,95\n", as: "text/csv")
      #expect(table.text.contains(",DrugY,true,"))
      let kept = try PredictionLog.newest(4, in: log)
      #expect(kept.map(\.needsReview) == [true, false, true, true])
    }
  }

  @Test func aRequestWithoutAnIdentifierGetsANewOne() throws {
    let identifiers = try (0..<100).map { _ in
      try service.predict(documentedPatients[0]).decoded(as: Prediction.self).id
    }
    #expect(Set(identifiers).count == 100)
    #expect(identifiers.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) })
  }

  @Test func theModelTellsOfItself() throws {
    struct Info: Decodable {
      let model_type: String
      let n_features: Int
      let feature_names: [String]
      let classes: [String]
      let n_estimators: Int
      let model_path: String
      let model_version: String
      let importances: [String: Double]
      let coverage: Double?
    }
    let response = service.answer("GET", "/model/info")
    #expect(response.status == 200)
    let info: Info = try response.decoded()
    #expect(info.model_type == "RandomForestClassifier")
    #expect(info.n_features == info.feature_names.count)
    #expect(Set(info.classes) == Set(PatientSchema.drug200.drugs))
    #expect(info.n_estimators == 10)
    #expect(info.model_path == "models/current/forest.rf")
    #expect(Set(info.importances.keys) == Set(PatientSchema.drug200.fields.map(\.name)))
    #expect(info.coverage == 0.95)
    let health: Health = try service.answer("GET", "/health").decoded()
    #expect(info.model_version == health.model_version)
  }

  @Test(arguments: ["/health", "/model/info"])
  func HEADIsAnsweredLikeGET(_ path: String) {
    #expect(service.answer("HEAD", path) == service.answer("GET", path))
  }

  @Test(arguments: ["", "/", "/predict/", "/Predict", "/health/x", "/model", "//predict"])
  func anUnknownAddressIsNotFound(_ path: String) throws {
    let response = service.answer("GET", path)
    #expect(response.status == 404)
    let problem: ProblemBody = try response.decoded()
    #expect(problem.instance == path)
  }

  @Test(
    "Another method than an address has is refused with those it has",
    arguments: [
      ("POST", "/health", "GET, HEAD"), ("DELETE", "/model/info", "GET, HEAD"),
      ("PUT", "/predict", "POST"), ("GET", "/predict", "POST"), ("HEAD", "/predict", "POST"),
      ("OPTIONS", "/predict", "POST"), ("post", "/predict", "POST"), ("", "/predict", "POST"),
    ])
  func anotherMethod(_ method: String, _ path: String, _ allowed: String) {
    let response = service.answer(method, path)
    #expect(response.status == 405)
    #expect(response.header("Allow") == allowed)
  }

  @Test func noAnswerRevealsWhereTheModelsLie() throws {
    try withTemporaryFolder { folder in
      _ = try saveModel(in: "\(folder)/models")
      let service = Service(ServiceSettings(models: "\(folder)/models"), logger: silent)
      for response in [
        service.answer("GET", "/health"), service.answer("GET", "/model/info"),
        service.predict(documentedPatients[0]), service.predict("{}"),
        Service(ServiceSettings(models: "\(folder)/none"), logger: silent).answer("GET", "/health"),
      ] {
        #expect(!String(decoding: response.body, as: UTF8.self).contains(folder))
        #expect(!response.headers.contains { $0.value.contains(folder) })
      }
    }
  }

  @Test func aDamagedModelIsNotServed() throws {
    try withTemporaryFolder { folder in
      _ = try saveModel(in: folder)
      _ = try write([UInt8](repeating: 0, count: 100), to: "\(folder)/current/forest.rf")
      let service = Service(ServiceSettings(models: folder), logger: silent)
      #expect(service.answer("GET", "/health").status == 503)
    }
  }
}
