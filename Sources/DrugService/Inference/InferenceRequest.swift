import Patients

/// An inference request of the Open Inference Protocol, its tensors in JSON or behind it.
struct InferenceRequest {
  /// An output that is asked for.
  struct Output: Equatable {
    enum Name: String, CaseIterable {
      /// The recommended drug of each patient.
      case label
      /// The probability of each drug, patient by patient.
      case probabilities
    }

    let name: Name
    /// Whether it goes behind the JSON.
    let isBinary: Bool
  }

  /// The most patients of a request.
  static let maximumRowCount = BatchRoutes.maximumBatchCount
  /// The name that the client gave its request.
  let id: String?
  /// The outputs in the order in which they are asked for.
  let outputs: [Output]
  private let schema: PatientSchema
  /// A tensor for each that may be given of a patient, in their order; nil for one that was not.
  private let inputs: [InferenceTensor?]

  /// Reads a body.
  ///
  /// - Parameters:
  ///   - jsonLength: how many of its bytes are JSON, as the header says; nil without one, for all.
  ///   - schema: what is measured of the patients.
  ///   - model: the name that it may give the model, and the version.
  init(
    _ body: [UInt8], jsonLength: Int?, of schema: PatientSchema,
    model: (name: String, version: String)
  ) throws(ServiceError) {
    self.schema = schema
    let length = jsonLength ?? body.count
    guard length <= body.count else {
      throw .inference(
        .invalid(
          "Inference-Header-Content-Length promises \(length) bytes in a body of \(body.count)"))
    }
    let json: JSONValue
    do throws(ServiceError) {
      json = try JSONValue(
        body: length == body.count ? body : Array(body[..<length]),
        .patients(of: schema))
    } catch .malformed(let fault) where fault.isTooLong() {
      throw .inference(.tooManyRows(limit: Self.maximumRowCount))
    }
    let members = try InferencePart(value: json, pointer: "").members([
      "id", "model_name", "model_version", "parameters", "inputs", "outputs",
    ])
    id = try members["id"]?.text
    for (name, expected) in [("model_name", model.name), ("model_version", model.version)] {
      guard let part = members[name], try part.text != expected else { continue }
      throw part.wrong("is not the model of the address")
    }
    let parameters = try members["parameters"]?.parameters() ?? [:]
    let isBinary = try parameters["binary_data_output"]?.bool ?? false
    outputs = try Self.outputs(members["outputs"], isBinary: isBinary)
    var binary = BinaryTensors(body[length...])
    inputs = try Self.inputs(members["inputs"], schema, &binary)
    guard binary.rest == 0 else {
      throw .inference(.invalid("\(binary.rest) bytes of the body belong to no input"))
    }
  }

  private static func outputs(
    _ part: InferencePart?, isBinary: Bool
  ) throws(ServiceError) -> [Output] {
    var outputs: [Output] = []
    let names = Output.Name.allCases
    for part in try part?.elements(atMost: names.count) ?? [] {
      let members = try part.members(["name", "parameters"])
      guard let given = members["name"] else { throw part.wrong("has no name") }
      guard let name = Output.Name(rawValue: try given.text) else {
        throw given.wrong("must be one of \(names.map(\.rawValue).joined(separator: ", "))")
      }
      guard !outputs.contains(where: { $0.name == name }) else { throw given.wrong("stands twice") }
      let parameters = try members["parameters"]?.parameters(
        refusing: ["classification", "shared_memory_region"])
      let flag = try parameters?["binary_data"]?.bool
      outputs.append(Output(name: name, isBinary: flag ?? isBinary))
    }
    return outputs.isEmpty ? names.map { Output(name: $0, isBinary: isBinary) } : outputs
  }

  private static func inputs(
    _ part: InferencePart?, _ schema: PatientSchema, _ binary: inout BinaryTensors
  ) throws(ServiceError) -> [InferenceTensor?] {
    var inputs: [InferenceTensor?] = Array(repeating: nil, count: schema.accepted.count)
    for part in try part?.elements(atMost: inputs.count) ?? [] {
      let tensor = try InferenceTensor(
        part, of: schema, atMost: maximumRowCount, &binary)
      guard inputs[tensor.field.index] == nil else {
        throw part.wrong("is a second \(tensor.field.name)")
      }
      inputs[tensor.field.index] = tensor
    }
    let missing = schema.lacking(schema.fields.filter(\.isRequired)) { inputs[$0.index] != nil }
    guard missing.isEmpty else {
      throw .inference(.invalid("inputs are missing: \(missing.joined(separator: ", "))"))
    }
    let tensors = inputs.compactMap(\.self)
    guard !tensors.isEmpty else {
      throw .inference(
        .invalid("inputs are missing: at least one must tell how many patients there are"))
    }
    guard tensors.allSatisfy({ $0.values.count == tensors[0].values.count }) else {
      let counts = tensors.map { "\($0.field.name) \($0.values.count)" }
      throw .inference(
        .invalid(
          "the inputs tell of different numbers of patients: \(counts.joined(separator: ", "))"))
    }
    return inputs
  }

  /// The patients, each within its limits, and what is wrong with the others.
  var patients: (right: [Patient], wrong: [(row: Int, problems: [FieldProblem])]) {
    var right: [Patient] = []
    var wrong: [(row: Int, problems: [FieldProblem])] = []
    for row in 0..<(inputs.lazy.compactMap(\.self).first?.values.count ?? 0) {
      do throws(PatientError) {
        right.append(try Patient(acceptedBy: schema) { inputs[$0.index]?.values[row] })
      } catch {
        wrong.append((row, error.problems))
      }
    }
    return (right, wrong)
  }
}
