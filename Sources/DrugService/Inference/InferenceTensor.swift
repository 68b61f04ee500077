import Patients

/// One field of all patients of an inference request.
struct InferenceTensor {
  let field: PatientField
  /// A value for each patient.
  let values: [FieldValue]

  /// The type of a field's tensor as the model tells of it.
  static func datatype(of field: PatientField) -> TensorDatatype {
    switch field.description.type {
    case .string: .bytes
    case .boolean: .bool
    case .integer, .number: .fp64
    }
  }

  /// The types in which a field may come.
  static func datatypes(of field: PatientField) -> [TensorDatatype] {
    let own = datatype(of: field)
    return own == .fp64 ? TensorDatatype.numbers : [own]
  }

  /// Reads an input.
  ///
  /// - Parameters:
  ///   - schema: what is measured of the patients.
  ///   - limit: the most patients.
  ///   - binary: the bytes behind the JSON, of which it takes its own.
  init(
    _ part: InferencePart, of schema: PatientSchema, atMost limit: Int,
    _ binary: inout BinaryTensors
  ) throws(ServiceError) {
    let members = try part.members(["name", "shape", "datatype", "parameters", "data"])
    func required(_ name: String) throws(ServiceError) -> InferencePart {
      guard let member = members[name] else { throw part.wrong("has no \(name)") }
      return member
    }
    let name = try required("name")
    guard let field = schema.accepted(try name.text) else {
      let names = schema.accepted.map(\.name).joined(separator: ", ")
      throw name.wrong("must be one of \(names)")
    }
    self.field = field
    let type = try required("datatype")
    let allowed = Self.datatypes(of: field)
    guard let datatype = TensorDatatype(rawValue: try type.text), allowed.contains(datatype) else {
      let names = allowed.map(\.rawValue).joined(separator: ", ")
      throw type.wrong(
        "must be \(allowed.count > 1 ? "one of " : "")\(names) for \(field.name)")
    }
    let shape = try required("shape")
    let lengths = try shape.elements(atMost: 2).map { part throws(ServiceError) in try part.count }
    guard let count = lengths.first, lengths.dropFirst().allSatisfy({ $0 == 1 }) else {
      throw shape.wrong("must be [n] or [n,1]")
    }
    guard count <= limit else { throw .inference(.tooManyRows(limit: limit)) }
    let parameters =
      try members["parameters"]?.parameters(refusing: ["shared_memory_region"]) ?? [:]
    switch (parameters["binary_data_size"], members["data"]) {
    case (let size?, nil):
      values = try binary.take(try size.count, datatype, count: count, size).map(field.orMissing)
    case (nil, let data?):
      values = try Self.values(
        data, datatype, count, isColumn: lengths.count == 2, mayMiss: !field.isRequired
      )
      .map(field.orMissing)
    case (nil, nil): throw part.wrong("has neither data nor binary_data_size")
    case (_?, _?): throw part.wrong("has both data and binary_data_size")
    }
  }

  /// The values of JSON: a list of them or, where the shape is [n,1], of lists of one.
  private static func values(
    _ part: InferencePart, _ datatype: TensorDatatype, _ count: Int, isColumn: Bool, mayMiss: Bool
  ) throws(ServiceError) -> [FieldValue] {
    guard case .array(var elements) = part.value else { throw part.wrong("must be a list") }
    guard elements.count == count else {
      throw part.wrong("must have \(count) elements, as the shape says")
    }
    if isColumn, case .array? = elements.first {
      elements = try elements.map { element throws(ServiceError) in
        guard case .array(let inner) = element, inner.count == 1 else {
          throw part.wrong("must be a list of \(count) values, or of \(count) lists of one")
        }
        return inner[0]
      }
    }
    var values: [FieldValue] = []
    values.reserveCapacity(count)
    for (row, element) in elements.enumerated() {
      switch (element, datatype) {
      case (.string(let text), .bytes): values.append(.text(text))
      case (.bool(let bool), .bool): values.append(.boolean(bool))
      case (.null, _) where mayMiss: values.append(.null)
      case (.number(let digits), _) where datatype != .bytes && datatype != .bool:
        guard let number = datatype.number(ofDigits: digits) else {
          throw part.wrong("has an element, \(row), that is no \(datatype.rawValue)")
        }
        values.append(.number(number))
      default:
        let kind = datatype == .bytes ? "text" : datatype == .bool ? "boolean" : "number"
        throw part.wrong("has an element, \(row), that is no \(kind)")
      }
    }
    return values
  }
}

extension PatientField {
  /// A value of a tensor, in which NaN and an empty text stand for nothing where that may be.
  fileprivate func orMissing(_ value: FieldValue) -> FieldValue {
    guard !isRequired else { return value }
    return switch value {
    case .number(let number) where number.isNaN: .null
    case .text(""): .null
    default: value
    }
  }
}
