import FastCGI
import FoundationEssentials
import Models
import Patients
import Records
import TestSupport
import Testing
@testable import DrugService

@Suite struct InferenceTests {
  private func fault(_ response: Response) throws -> String {
    #expect(response.header("Content-Type") == "application/json")
    return try response.decoded(as: InferenceFault.self).error
  }

  private struct Alone: Decodable {
    let prediction: String
    let probabilities: [String: Double]
  }

  @Test func patientsGetWhatTheyWouldGetAloneAndAreKept() throws {
    try withLoggingService { service, log in
      let response = service.infer(
        InferenceBody.documented.with(#","id":"ward/3""#), parameters: ["REQUEST_ID": "r"])
      #expect(response.status == 200 && response.header("Content-Type") == "application/json")
      let reply: InferenceReply = try response.decoded()
      #expect(reply.model_name == "drug-classifier" && reply.id == "ward/3")
      #expect(reply.model_version == service.models.served?.version)
      #expect(reply.parameters.prediction_id == "r" && reply.parameters.warnings == nil)
      #expect(reply.outputs.map(\.name) == ["label", "probabilities"])
      #expect(reply.outputs.map(\.datatype) == ["BYTES", "FP64"])
      #expect(reply.outputs.map(\.shape) == [[2], [2, 5]])
      let classes = try #require(reply.outputs[1].parameters?.classes).split(separator: " ")
      let alone = try documentedPatients.map { patient in
        try service.predict(patient).decoded(as: Alone.self)
      }
      #expect(reply.outputs[0].data == alone.map { .text($0.prediction) })
      #expect(
        reply.outputs[1].data
          == alone.flatMap { alone in
            classes.map { .number(alone.probabilities[String($0)] ?? -1) }
          })
      let kept = try PredictionLog.newest(10, in: log).map(\.id)
      #expect(kept.suffix(2) == ["r-1", "r-0"] && kept.count == 4)
    }
  }

  @Test(arguments: [
    (#"[{"name":"probabilities"}]"#, ["probabilities"]),
    (#"[{"name":"probabilities"},{"name":"label"}]"#, ["probabilities", "label"]),
    (#"[{"name":"label","parameters":{"binary_data":false,"extra":1}}]"#, ["label"]),
    ("[]", ["label", "probabilities"]),
  ])
  func theOutputsAreThoseThatAreAskedForInTheirOrder(_ outputs: String, _ names: [String]) throws {
    let response = service.infer(InferenceBody.documented.with(#","outputs":\#(outputs)"#))
    #expect(try response.decoded(as: InferenceReply.self).outputs.map(\.name) == names)
  }

  @Test func parametersThatMeanNothingHereArePassedOver() {
    let more = #","parameters":{"priority":1,"timeout":2.5,"trace":"x","sequence_start":true}"#
    #expect(service.infer(InferenceBody.documented.with(more)).status == 200)
  }

  @Test func aMemberThatIsNullIsAsGoodAsAbsent() throws {
    let nulls = [
      "id", "model_name", "model_version", "parameters", "outputs",
    ].map { #","\#($0)":null"# }.joined()
    let plain: InferenceReply = try service.infer(InferenceBody.documented).decoded()
    let reply: InferenceReply = try service.infer(InferenceBody.documented.with(nulls)).decoded()
    #expect(reply.outputs.map(\.data) == plain.outputs.map(\.data))
    let deep = #","parameters":{"priority":null},"outputs":[{"name":"label","parameters":null}]"#
    #expect(service.infer(InferenceBody.documented.with(deep)).status == 200)
  }

  @Test(arguments: [0, 1, 10_000])
  func anyNumberOfPatientsUpToTheLimitIsAnsweredAndKept(_ count: Int) throws {
    try withLoggingService { service, log in
      func list(_ value: String) -> String {
        "[\(Array(repeating: value, count: count).joined(separator: ","))]"
      }
      let response = service.infer(
        InferenceBody(inputs: [
          .text("Na_to_K", "FP32", "[\(count)]", list("12.5")),
          .text("Cholesterol", "BYTES", "[\(count)]", list(#""HIGH""#)),
          .text("BP", "BYTES", "[\(count)]", list(#""LOW""#)),
          .text("Sex", "BYTES", "[\(count)]", list(#""F""#)),
          .text("Age", "INT64", "[\(count)]", list("30")),
        ]), parameters: ["REQUEST_ID": "r"])
      let reply: InferenceReply = try response.decoded()
      #expect(reply.outputs.map(\.shape) == [[count], [count, 5]])
      #expect(reply.outputs.map { $0.data?.count } == [count, count * 5])
      #expect(
        try PredictionLog.newest(20_000, in: log).map(\.id)
          == (0..<count).reversed().map { "r-\($0)" })
    }
  }

  @Test(arguments: ["[[45],[52]]", "[45,52]"])
  func aColumnIsReadAsItsValues(_ data: String) throws {
    let body = InferenceBody.documented.with(.text("Age", "INT8", "[2,1]", data), at: 0)
    let flat: InferenceReply = try service.infer(InferenceBody.documented).decoded()
    let column: InferenceReply = try service.infer(body).decoded()
    #expect(column.outputs.map(\.data) == flat.outputs.map(\.data))
  }

  @Test func valuesOutsideOfTrainingAreToldByTheirRows() throws {
    let body = InferenceBody.documented.with(.text("Age", "FP64", "[2]", "[45,110]"), at: 0)
    let reply: InferenceReply = try service.infer(body).decoded()
    #expect(
      reply.parameters.warnings
        == "row 1: Age lies outside of what the model was trained on (15 to 74)")
  }

  @Test func wrongPatientsAreNamedByTheirRowsAndNothingIsKept() throws {
    try withLoggingService { service, log in
      let body = InferenceBody.documented
        .with(.text("Age", "FP64", "[2]", "[45,121]"), at: 0)
        .with(.text("Sex", "BYTES", "[2]", #"["Zaphod","F"]"#), at: 1)
      let response = service.infer(body)
      #expect(response.status == 400)
      let words = try fault(response)
      #expect(
        words
          == "no drug was recommended, since patients are wrong: row 0: Sex must be one of F, M; "
          + "row 1: Age must be a whole number from 0 to 120.")
      let kept = try PredictionLog.newest(1, in: log)
      #expect(kept.isEmpty)
      let rejected = MetricsReading(service.metrics).rejected.map { "\($0.field) \($0.reason)" }
      #expect(Set(rejected) == ["Sex unknown_category", "Age out_of_range"])
    }
  }

  @Test(
    "A body that is no inference request is refused with the place",
    arguments: [
      ("[]", "the request must be an object."), ("{}", "inputs are missing: Age, Sex, BP"),
      (#"{"inputs":{}}"#, "/inputs must be a list."),
      (#"{"inputs":[1]}"#, "/inputs/0 must be an object."),
      (#"{"inputs":[],"id":7}"#, "/id must be a text."),
      (#"{"inputs":[],"x":7}"#, "has an unknown member"),
      (#"{"inputs":[],"model_name":"other"}"#, "/model_name is not the model of the address."),
      (#"{"inputs":[],"parameters":[]}"#, "/parameters must be an object."),
      (#"{"inputs":[],"parameters":{"a":{}}}"#, "/parameters/a must be a text, a number"),
      (#"{"inputs":[],"parameters":{"binary_data_output":1}}"#, "must be true or false."),
      (#"{"inputs":[],"outputs":[{"name":"drug"}]}"#, "must be one of label, probabilities."),
      (#"{"inputs":[],"outputs":[{}]}"#, "/outputs/0 has no name."),
      (#"{"inputs":[],"outputs":[{"name":"label"},{"name":"label"}]}"#, "stands twice."),
      (#"{"inputs":[],"outputs":[1,2,3]}"#, "/outputs must have at most 2 elements."),
      (
        #"{"inputs":[],"outputs":[{"name":"label","parameters":{"classification":2}}]}"#,
        "classification is not supported."
      ),
      (#"{"inputs":[NaN]}"#, "a value cannot begin like this (byte 11)"),
      (#"{"inputs":[],"inputs":[]}"#, "/inputs: the name stands twice"),
      ("", "the body is empty"),
    ])
  func shapes(_ body: String, _ words: String) throws {
    let response = service.infer(Array(body.utf8))
    #expect(response.status == 400)
    #expect(try fault(response).contains(words))
  }

  @Test(
    "An input that is wrong is refused with the place",
    arguments: [
      ("Age", "FP16", "[2]", "[45,52]", "/inputs/0/datatype must be one of FP64, FP32, INT64"),
      ("Age", "BYTES", "[2]", #"["45","52"]"#, "/inputs/0/datatype must be one of FP64"),
      ("Age", "INT8", "[2]", "[45,300]", "/inputs/0/data has an element, 1, that is no INT8."),
      ("Age", "INT64", "[2]", "[45,52.5]", "/inputs/0/data has an element, 1, that is no INT64."),
      ("Age", "UINT8", "[2]", "[-1,52]", "/inputs/0/data has an element, 0, that is no UINT8."),
      ("Age", "FP64", "[2]", "[45,\"52\"]", "/inputs/0/data has an element, 1, that is no number."),
      ("Age", "FP64", "[2]", "[45,1e999]", "row 1: Age must be a whole number from 0 to 120."),
      ("Age", "FP64", "[2]", "[45,null]", "that is no number."),
      ("Age", "FP64", "[2]", "[[45],[52]]", "that is no number."),
      (
        "Age", "FP64", "[2,1]", "[[45],[52,1]]", "must be a list of 2 values, or of 2 lists of one."
      ),
      ("Age", "FP64", "[2]", "[45]", "/inputs/0/data must have 2 elements, as the shape says."),
      ("Age", "FP64", "[2]", "45", "/inputs/0/data must be a list."),
      ("Age", "FP64", "[]", "[45,52]", "/inputs/0/shape must be [n] or [n,1]."),
      ("Age", "FP64", "[1,2]", "[45,52]", "/inputs/0/shape must be [n] or [n,1]."),
      ("Age", "FP64", "[2,1,1]", "[45,52]", "/inputs/0/shape must have at most 2 elements."),
      ("Age", "FP64", "[-1]", "[]", "/inputs/0/shape/0 must be a whole number, 0 or more."),
      ("Age", "FP64", "[2.5]", "[45,52]", "/inputs/0/shape/0 must be a whole number, 0 or more."),
      ("Age", "FP64", "[99999999999999999999]", "[]", "/inputs/0/shape/0 must be a whole number"),
      ("Age", "FP64", "[4611686018427387904,4]", "[]", "/inputs/0/shape must be [n] or [n,1]."),
      ("Age", "FP64", "[1]", "[45]", "different numbers of patients: Age 1, Sex 2"),
      ("age", "FP64", "[2]", "[45,52]", "/inputs/0/name must be one of Age, Sex, BP"),
      ("Sex", "BYTES", "[2]", #"["M","M"]"#, "/inputs/1 is a second Sex."),
    ])
  func inputs(_ name: String, _ type: String, _ shape: String, _ data: String, _ words: String)
    throws
  {
    let response = service.infer(
      InferenceBody.documented.with(.text(name, type, shape, data), at: 0))
    #expect(response.status == 400)
    #expect(try fault(response).contains(words))
  }

  @Test(arguments: ["[10001]", "[9223372036854775807]", "[9223372036854775807,1]"])
  func morePatientsThanARequestMayHaveAreRefused(_ shape: String) throws {
    let body = InferenceBody.documented.with(.text("Age", "FP64", shape, "[]"), at: 0)
    let response = service.infer(body)
    #expect(response.status == 413)
    #expect(try fault(response) == "A request may have at most 10000 patients.")
  }

  @Test func aBodyThatIsTooLongBreaksOffOrIsOfAnotherKindIsRefused() throws {
    let bytes = InferenceBody.documented.bytes
    #expect(service.infer(Array(repeating: 32, count: 5 << 20)).status == 413)
    let broken = service.infer(bytes, statedLength: 100_000)
    #expect(broken.status == 400)
    let words = try fault(broken)
    #expect(words.hasPrefix("The body is shorter"))
    for type in [nil, "", "application/octet-stream", "application/json; charset=utf-8"] {
      #expect(service.infer(bytes, contentType: type).status == 200)
    }
    let other = service.infer(bytes, contentType: "text/plain")
    #expect(other.status == 415)
    #expect(other.header("Accept-Post") == "application/json, application/octet-stream")
    let packed = service.infer(bytes, parameters: ["HTTP_CONTENT_ENCODING": "gzip"])
    #expect(packed.status == 415)
    #expect(
      try fault(packed) == "The body must not be compressed: send it without Content-Encoding.")
  }

  @Test func whatIsNotThereIsSaidInTheFormOfTheProtocol() throws {
    for path in [
      "/v2/", "/v2/models/other", "/v2/models/other/infer", "/v2/models/drug-classifier/x",
      "\(inferenceModel)/versions/0123456789ab", "\(inferenceModel)/versions/..",
      "\(inferenceModel)/versions/0123456789ab/ready",
    ] {
      let response = service.answer("GET", path)
      #expect(response.status == 404, "\(path)")
      #expect(try !fault(response).isEmpty)
    }
    #expect(service.infer(InferenceBody.documented, version: "0123456789ab").status == 404)
    let wrong = service.answer("PUT", "\(inferenceModel)/infer")
    #expect(wrong.status == 405 && wrong.header("Allow") == "POST")
    #expect(try fault(wrong) == "This address answers to POST only.")
  }

  @Test func theServerAndItsModelTellWhatTheyAre() throws {
    struct Server: Decodable { let name, version: String, extensions: [String] }
    let server: Server = try service.answer("GET", "/v2").decoded()
    #expect(server.version == programVersion && server.extensions == ["binary_tensor_data"])
    struct Model: Decodable {
      struct Tensor: Decodable { let name, datatype: String, shape: [Int] }
      let name, platform: String, versions: [String], inputs, outputs: [Tensor]
    }
    let model: Model = try service.answer("GET", inferenceModel).decoded()
    #expect(model.name == server.name && model.name == "drug-classifier")
    #expect(model.inputs.map(\.name) == PatientSchema.drug200.fields.map(\.name))
    #expect(model.inputs.map(\.datatype) == ["FP64", "BYTES", "BYTES", "BYTES", "FP64"])
    #expect(model.inputs.allSatisfy { $0.shape == [-1] })
    #expect(model.outputs.map(\.shape) == [[-1], [-1, 5]])
    #expect(service.answer("GET", "/v2/health/live").text == #"{"live":true}"#)
    #expect(service.answer("GET", "/v2/health/ready").text == #"{"ready":true}"#)
    #expect(
      service.answer("GET", "\(inferenceModel)/ready").text
        == #"{"name":"drug-classifier","ready":true}"#)
  }

  @Test func withoutAModelNothingIsReady() throws {
    #expect(emptyService.answer("GET", "/v2").status == 200)
    #expect(emptyService.answer("GET", "/v2/health/live").status == 200)
    let ready = emptyService.answer("GET", "/v2/health/ready")
    #expect(ready.status == 503 && ready.header("Retry-After") == "5")
    #expect(try fault(ready) == "The service is not ready: model: no model is loaded.")
    #expect(emptyService.answer("GET", inferenceModel).status == 503)
    #expect(emptyService.infer(InferenceBody.documented).status == 503)
  }

  @Test func nothingIsAnsweredThatCannotBeKept() throws {
    try withLoggingService({ $0.log = .init(path: "/nowhere/predictions.sqlite") }) { service, _ in
      let response = service.infer(InferenceBody.documented)
      #expect(response.status == 503)
      let words = try fault(response)
      #expect(words.contains("could not be kept"))
      let ready = service.answer("GET", "/v2/health/ready")
      #expect(ready.status == 503)
      let reason = try fault(ready)
      #expect(reason.contains("prediction_log: not written"))
    }
  }
}
