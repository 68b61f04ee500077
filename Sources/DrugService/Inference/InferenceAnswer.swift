import FastCGI
import Models
import Patients

/// The answer to an inference request.
struct InferenceAnswer {
  /// The most rows that an answer names one by one.
  private static let namedRowCount = 10

  var recommendations: [DrugModel.Recommendation] = []
  private let request: InferenceRequest
  private let model: ServedModel
  private let id: String

  /// - Parameter id: under which the predictions are kept, each with its row behind it.
  init(_ request: InferenceRequest, _ model: ServedModel, id: String) {
    self.request = request
    self.model = model
    self.id = id
  }

  /// The answer: JSON, and behind it the outputs that were asked for in binary.
  var response: Response {
    var tensors: [UInt8] = []
    var writer = JSONWriter()
    writer.object { writer in
      writer.name("model_name")
      writer.string(InferenceRoutes.modelName)
      writer.name("model_version")
      writer.string(model.version)
      if let name = request.id {
        writer.name("id")
        writer.string(name)
      }
      writer.name("parameters")
      writer.object { writer in
        writer.name("prediction_id")
        writer.string(id)
        if let warnings {
          writer.name("warnings")
          writer.string(warnings)
        }
      }
      writer.name("outputs")
      writer.array { writer in
        for output in request.outputs {
          write(output, to: &writer, tensors: &tensors)
        }
      }
    }
    var headers = [("Cache-Control", "no-store")]
    if request.outputs.contains(where: \.isBinary) {
      headers.append(("Content-Type", "application/octet-stream"))
      headers.append(("Inference-Header-Content-Length", "\(writer.bytes.count)"))
    } else {
      headers.append(("Content-Type", "application/json"))
    }
    return Response(status: 200, headers: headers, body: writer.bytes + tensors)
  }

  private func write(
    _ output: InferenceRequest.Output, to writer: inout JSONWriter, tensors: inout [UInt8]
  ) {
    let start = tensors.count
    if output.isBinary { append(output.name, to: &tensors) }
    let size = tensors.count - start
    writer.tensor(
      output.name.rawValue, output.name.datatype,
      shape: output.name.shape(rows: recommendations.count, of: model)
    ) { writer in
      if output.isBinary || output.name == .probabilities {
        writer.name("parameters")
        writer.object { writer in
          if output.isBinary {
            writer.name("binary_data_size")
            writer.number(size)
          }
          if output.name == .probabilities {
            writer.name("classes")
            writer.string(model.model.drugs.inOneCell)
          }
        }
      }
      guard !output.isBinary else { return }
      writer.name("data")
      writer.array { writer in
        for recommendation in recommendations {
          switch output.name {
          case .label: writer.string(recommendation.drug)
          case .probabilities: recommendation.probabilities.forEach { writer.number($0) }
          }
        }
      }
    }
  }

  private func append(_ name: InferenceRequest.Output.Name, to bytes: inout [UInt8]) {
    for recommendation in recommendations {
      switch name {
      case .label:
        Self.append(UInt32(recommendation.drug.utf8.count), to: &bytes)
        bytes.append(contentsOf: recommendation.drug.utf8)
      case .probabilities:
        for probability in recommendation.probabilities {
          Self.append(probability.bitPattern, to: &bytes)
        }
      }
    }
  }

  private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Values outside of what the model was trained on; nil when there are none.
  private var warnings: String? {
    let rows = recommendations.enumerated().filter { !$1.warnings.isEmpty }
      .map { (row: $0, problems: $1.warnings) }
    return rows.isEmpty ? nil : Self.words(rows)
  }

  /// What is to be said of rows, and how many are left out of it.
  static func words(_ rows: [(row: Int, problems: [FieldProblem])]) -> String {
    var words = rows.prefix(namedRowCount).map { row, problems in
      let details = problems.map { problem in
        problem.detail.contains(problem.allowed)
          ? problem.detail : "\(problem.detail) (\(problem.allowed))"
      }
      return "row \(row): \(details.joined(separator: ", "))"
    }
    if rows.count > namedRowCount { words.append("and \(rows.count - namedRowCount) more rows") }
    return words.joined(separator: "; ")
  }
}

extension InferenceRequest.Output.Name {
  var datatype: TensorDatatype { self == .label ? .bytes : .fp64 }

  /// The lengths of an output; -1 for what depends on the request.
  func shape(rows: Int, of model: ServedModel) -> [Int] {
    self == .label ? [rows] : [rows, model.model.drugs.count]
  }
}

extension JSONWriter {
  /// Writes a tensor's description and what `body` adds.
  mutating func tensor(
    _ name: String, _ datatype: TensorDatatype, shape: [Int],
    _ body: (inout JSONWriter) -> Void
  ) {
    object { writer in
      writer.name("name")
      writer.string(name)
      writer.name("datatype")
      writer.string(datatype.rawValue)
      writer.name("shape")
      writer.array { writer in shape.forEach { writer.number($0) } }
      body(&writer)
    }
  }
}

extension Response {
  /// A problem in the form of the Open Inference Protocol: an object with one text.
  init(inference problem: Problem) {
    let details = problem.entries.map { entry in
      entry.pointer.isEmpty ? entry.detail : "\(entry.pointer): \(entry.detail)"
    }
    let words = ([problem.detail] + details).joined(separator: " ")
    self.init(status: problem.status, headers: problem.headers) { writer in
      writer.object { writer in
        writer.name("error")
        writer.string(words)
      }
    }
  }
}
