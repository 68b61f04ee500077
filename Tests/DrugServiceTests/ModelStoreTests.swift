import Models
import FastCGI
import FoundationEssentials
import Logging
import POSIX
import TestSupport
import Testing

@testable import DrugService

@Suite struct ModelStoreTests {
  private struct Ready: Decodable {
    let status: String
    let checks: [String: String]
    let refused_model: String?
  }

  /// Makes a service whose models can be changed under it.
  private func withService<Result>(
    _ body: (_ service: Service, _ models: String, _ version: String) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      let models = "\(folder)/a place/models"
      let version = try saveModel(in: models)
      let service = Service(ServiceSettings(models: models), logger: silent)
      return try body(service, models, version)
    }
  }

  private func version(_ service: Service) throws -> String {
    struct Health: Decodable { let model_version: String }
    return try service.answer("GET", "/health").decoded(as: Health.self).model_version
  }

  private func ready(_ service: Service) throws -> Ready {
    try service.answer("GET", "/health/ready").decoded()
  }

  @Test func aNewModelIsServedAndTheOldOneAgain() throws {
    try withService { service, models, first in
      let second = try saveModel(in: models, seed: 1)
      #expect(first != second)
      #expect(try version(service) == first)
      service.maintain()
      #expect(try version(service) == second)
      try ModelRegistry(root: models).activate(first)
      service.maintain()
      #expect(try version(service) == first)
      #expect(try ready(service).refused_model == nil)
    }
  }

  @Test(arguments: ["text/csv", "application/json"])
  func whoeverAnswersIsNamedInTheLogThoughAnotherIsServedBeforeTheEnd(_ type: String) throws {
    try withTemporaryFolder { folder in
      let (first, second) = (
        try saveModel(in: "\(folder)/models"), try saveModel(in: "\(folder)/models", seed: 1)
      )
      let descriptor = open("\(folder)/log", O_WRONLY | O_CREAT, 0o600)
      defer { close(descriptor) }
      let output = LogOutput(descriptor: descriptor)
      var settings = ServiceSettings(models: "\(folder)/models")
      settings.temporaryFolder = folder
      let service = Service(
        settings, logger: Logger(label: "test") { _ in JSONLogHandler(output) }, output: output)
      let body = Array(
        (type == "text/csv"
          ? "Age,Sex,BP,Cholesterol,Na_to_K\n45,M,HIGH,NORMAL,15.5\n"
          : "{\"patients\":[\(documentedPatients[0])]}").utf8)
      var rest = body[...]
      // The body comes byte by byte, and another model after its first.
      let stream = BodyStream(length: body.count) { buffer in
        guard let byte = rest.popFirst() else { return 0 }
        _ = try? ModelRegistry(root: "\(folder)/models").activate(first)
        service.models.check()
        buffer[0] = byte
        return 1
      }
      let response = service.respond(
        to: Request(
          parameters: [
            "REQUEST_METHOD": "POST", "PATH_INFO": "/predict/batch", "CONTENT_TYPE": type,
          ], body: .stream(stream)))
      #expect(response.status == 200)
      #expect(service.models.served?.version == first)
      output.flush()
      let log = String(
        decoding: try Data(contentsOf: URL(filePath: "\(folder)/log")), as: UTF8.self)
      let line = try #require(log.split(separator: "\n").last { $0.contains("\"request\"") })
      #expect(line.contains("\"model_version\":\"\(second)\""))
    }
  }

  @Test(
    "A model that is not sound is refused with the reason, and the old one stays",
    arguments: [
      ("forest.rf", "cut"), ("forest.rf", "altered"), ("forest.rf", "empty"),
      ("card.json", "cut"), ("card.json", "removed"), ("card.json", "empty"),
      ("card.json", "another self-test"), ("evaluation.json", "removed"),
    ])
  func refusal(_ file: String, _ change: String) throws {
    try withService { service, models, first in
      let registry = ModelRegistry(root: models)
      let bad = try saveModel(in: models, seed: 1)
      let path = "\(registry.folder(of: bad))/\(file)"
      let original = Array(try Data(contentsOf: URL(filePath: path)))
      var bytes = original
      switch change {
      case "cut": bytes.removeLast(original.count / 3)
      case "empty": bytes = []
      case "altered": bytes[original.count / 2] ^= 1
      case "another self-test":
        let text = String(decoding: original, as: UTF8.self)
        bytes = Array(text.replacing("\"DrugY\" : 1", with: "\"DrugY\" : 0.5").utf8)
        try #require(bytes != original)
      default: break
      }
      unlink(path)
      if change != "removed" { _ = try write(bytes, to: path) }
      service.maintain()
      #expect(try version(service) == first)
      #expect(service.predict(documentedPatients[0]).status == 200)
      let ready = try ready(service)
      // It goes on answering, so it is ready; what was refused is told beside that.
      #expect(ready.status == "ready")
      let reason = try #require(ready.refused_model)
      #expect(reason.count > 10)
      #expect(!reason.contains("/") && !reason.contains("place"))

      // Once the file is whole the model is served.
      unlink(path)
      _ = try write(original, to: path)
      service.maintain()
      #expect(try version(service) == bad)
      #expect(try self.ready(service).refused_model == nil)
    }
  }

  @Test func aLinkThatLeadsNowhereKeepsTheOldModel() throws {
    try withService { service, models, first in
      unlink("\(models)/current")
      service.maintain()
      #expect(try version(service) == first)
      #expect(try ready(service).refused_model == "there is no current model")
      try ModelRegistry(root: models).activate(first)
      service.maintain()
      #expect(try ready(service).refused_model == nil)
    }
  }

  @Test func aServiceWithoutAModelTakesTheFirstThatComes() throws {
    try withTemporaryFolder { folder in
      let service = Service(ServiceSettings(models: "\(folder)/models"), logger: silent)
      #expect(try ready(service).status == "not ready")
      #expect(try ready(service).checks["model"] == "no model is loaded")
      let first = try saveModel(in: "\(folder)/models")
      service.maintain()
      #expect(try version(service) == first)
      #expect(
        try ready(service).checks == ["model": "ok", "self_test": "ok", "prediction_log": "off"])
    }
  }

  @Test func whileModelsAreSwappedEveryAnswerIsThatOfItsModel() throws {
    try withService { service, models, first in
      let second = try saveModel(in: models, treeCount: 11, seed: 1)
      let registry = ModelRegistry(root: models)
      let patient = #"{"Age":50,"Sex":"F","BP":"HIGH","Cholesterol":"NORMAL","Na_to_K":14.9}"#
      struct Answer: Decodable, Equatable {
        let probabilities: [String: Double]
        let votes: [String: Int]
        let model_version: String
      }
      let expected = try [first, second].map { version in
        try registry.activate(version)
        service.maintain()
        return try service.predict(patient).decoded(as: Answer.self)
      }
      #expect(expected.map(\.model_version) == [first, second])
      #expect(expected[0].votes != expected[1].votes)
      let clients = (0..<4).map { _ in
        Background {
          try (0..<300).map { _ in try service.predict(patient).decoded(as: Answer.self) }
        }
      }
      for turn in 0..<50 {
        try registry.activate([first, second][turn % 2])
        service.maintain()
      }
      for client in clients {
        let answers = try client.value()
        #expect(answers.allSatisfy { expected.contains($0) })
      }
    }
  }

  @Test func aProcessThatAnswersIsAlive() {
    for service in [service, emptyService] {
      let response = service.answer("GET", "/health/live")
      #expect(response.status == 200)
      #expect(response.text == #"{"status":"alive"}"#)
    }
  }
}
