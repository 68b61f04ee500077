import DrugService
import FastCGI
import FoundationEssentials

/// The body of an inference request as a client of the protocol makes it.
struct InferenceBody {
  /// An input: its description as JSON, and the bytes of its tensor when those stand behind.
  struct Input {
    var name: String
    var datatype: String
    var shape: String
    var rest: String
    var bytes: [UInt8] = []

    var json: String {
      #"{"name":"\#(name)","datatype":"\#(datatype)","shape":\#(shape),\#(rest)}"#
    }

    /// An input in JSON.
    static func text(_ name: String, _ datatype: String, _ shape: String, _ data: String) -> Input {
      Input(name: name, datatype: datatype, shape: shape, rest: #""data":\#(data)"#)
    }

    /// An input in binary; its size is told as it is, or as a lie.
    static func binary(
      _ name: String, _ datatype: String, _ shape: String, _ bytes: [UInt8], size: String? = nil
    ) -> Input {
      let told = size ?? "\(bytes.count)"
      return Input(
        name: name, datatype: datatype, shape: shape,
        rest: #""parameters":{"binary_data_size":\#(told)}"#, bytes: bytes)
    }
  }

  var inputs: [Input]
  /// What stands behind the inputs in the object.
  var more = ""

  /// The two documented patients, in JSON.
  static let documented = InferenceBody(inputs: [
    .text("Age", "FP64", "[2]", "[45,52]"), .text("Sex", "BYTES", "[2]", #"["M","F"]"#),
    .text("BP", "BYTES", "[2]", #"["HIGH","HIGH"]"#),
    .text("Cholesterol", "BYTES", "[2]", #"["NORMAL","NORMAL"]"#),
    .text("Na_to_K", "FP64", "[2]", "[15.5,18.3]"),
  ])

  /// The two documented patients, in binary.
  static let binary = InferenceBody(inputs: [
    .binary("Age", "FP64", "[2]", bytes([45.0, 52])),
    .binary("Sex", "BYTES", "[2]", texts("M", "F")),
    .binary("BP", "BYTES", "[2]", texts("HIGH", "HIGH")),
    .binary("Cholesterol", "BYTES", "[2]", texts("NORMAL", "NORMAL")),
    .binary("Na_to_K", "FP64", "[2]", bytes([15.5, 18.3])),
  ])

  func with(_ input: Input, at place: Int) -> InferenceBody {
    var body = self
    body.inputs[place] = input
    return body
  }

  func with(_ more: String) -> InferenceBody {
    var body = self
    body.more = more
    return body
  }

  var json: String { #"{"inputs":[\#(inputs.map(\.json).joined(separator: ","))]\#(more)}"# }
  var bytes: [UInt8] { Array(json.utf8) + inputs.flatMap(\.bytes) }
  var isBinary: Bool { !inputs.allSatisfy(\.bytes.isEmpty) }

  /// Numbers as they lie in memory here, the lowest byte first.
  static func bytes<Number>(_ numbers: [Number]) -> [UInt8] {
    numbers.withUnsafeBytes { Array($0) }
  }

  static func texts(_ texts: String...) -> [UInt8] {
    texts.flatMap { bytes([UInt32($0.utf8.count)]) + Array($0.utf8) }
  }
}

/// An answer of POST …/infer, as another decoder reads it.
struct InferenceReply: Decodable {
  struct Parameters: Decodable {
    let prediction_id: String?
    let warnings: String?
  }
  struct Output: Decodable {
    struct Parameters: Decodable {
      let binary_data_size: Int?
      let classes: String?
    }
    let name: String
    let datatype: String
    let shape: [Int]
    let parameters: Parameters?
    let data: [Value]?
  }
  enum Value: Decodable, Equatable {
    case text(String)
    case number(Double)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        self = .number(try container.decode(Double.self))
      }
    }
  }

  let model_name: String
  let model_version: String
  let id: String?
  let parameters: Parameters
  let outputs: [Output]
}

struct InferenceFault: Decodable { let error: String }

let inferenceModel = "/v2/models/drug-classifier"

extension Service {
  /// Sends a body to POST …/infer.
  func infer(
    _ body: InferenceBody, version: String? = nil, parameters: [String: String] = [:]
  ) -> Response {
    infer(
      body.bytes, jsonLength: body.isBinary ? "\(body.json.utf8.count)" : nil, version: version,
      parameters: parameters)
  }

  func infer(
    _ bytes: [UInt8], jsonLength: String? = nil, version: String? = nil,
    contentType: String? = "application/json", parameters: [String: String] = [:],
    statedLength: Int? = nil
  ) -> Response {
    var parameters = parameters
    parameters["HTTP_INFERENCE_HEADER_CONTENT_LENGTH"] = jsonLength
    let place = version.map { "/versions/\($0)" } ?? ""
    return answer(
      "POST", "\(inferenceModel)\(place)/infer", contentType: contentType, body: bytes,
      parameters: parameters, statedLength: statedLength)
  }
}
