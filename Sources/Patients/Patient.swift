/// The measurements of one patient, each within its limits.
public struct Patient: Sendable, Equatable {
  /// What is measured.
  public let schema: PatientSchema
  /// The value of each field in the order of the schema's fields, shape (fields): the number as measured,
  /// the level of the category, or NaN where nothing was measured.
  private let values: [Double]

  /// Checks the fields.
  ///
  /// - Parameters:
  ///   - schema: what is measured.
  ///   - value: what was given for a field, nil when nothing was.
  /// - Throws: `PatientError` with every field that is wrong, in their order.
  public init(
    of schema: PatientSchema, _ value: (PatientField) -> FieldValue?
  ) throws(PatientError) {
    try self.init(acceptedBy: schema) { $0.index < schema.fields.count ? value($0) : nil }
  }

  /// The same, where numbers may be given in place of their ratio.
  ///
  /// - Parameter value: what was given for one of those that the schema accepts, nil when nothing was.
  package init(
    acceptedBy schema: PatientSchema, _ value: (PatientField) -> FieldValue?
  ) throws(PatientError) {
    var problems: [FieldProblem] = []
    values = schema.fields.map { $0.number(of: value, &problems) }
    guard problems.isEmpty else { throw PatientError(problems: problems) }
    self.schema = schema
  }

  /// Takes values that were checked, in the order of the schema's fields.
  init(of schema: PatientSchema, values: [Double]) {
    self.schema = schema
    self.values = values
  }

  /// Takes the values of a row, in the order of the models' inputs.
  package init(of schema: PatientSchema, sample: some Collection<Double>) {
    var values = [Double](repeating: .nan, count: schema.fields.count)
    for (field, number) in zip(schema.inputs, sample) { values[field.index] = number }
    self.init(of: schema, values: values)
  }

  /// The number of a field: as measured, the level of the category, or NaN for none.
  public subscript(field: PatientField) -> Double {
    values[field.index]
  }

  /// The numbers in the order of the models' inputs.
  public var sample: [Double] { schema.inputs.map { values[$0.index] } }

  /// Whether the same is measured of both, with the same values.
  public static func == (a: Patient, b: Patient) -> Bool {
    a.schema == b.schema
      && zip(a.values, b.values).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  }

  /// The value of a field as it is given: a number, the name of the category, null for none.
  public func value(of field: PatientField) -> FieldValue {
    field.value(ofNumber: self[field])
  }

  /// The values as a JSON object under the names of the fields, without blanks; null for what is missing.
  public var json: String {
    var writer = JSONWriter()
    writer.object { writer in
      for field in schema.fields {
        writer.name(field.name)
        writer.value(value(of: field))
      }
    }
    return writer.text
  }

  /// The values as texts in the order of the fields, empty for what is missing.
  public var texts: [String] { schema.fields.map { value(of: $0).text } }
}

extension Patient: Encodable {
  /// Writes one key a field, under its own name whatever an encoder makes of other keys.
  public func encode(to encoder: any Encoder) throws {
    // A dictionary as a whole, since an encoder renames the keys of a container.
    var container = encoder.singleValueContainer()
    try container.encode(
      Dictionary(uniqueKeysWithValues: schema.fields.map { ($0.name, value(of: $0)) }))
  }
}

extension FieldValue {
  /// The value as a text, empty for none.
  public var text: String {
    switch self {
    case .text(let text): text
    case .number(let number): number.plain
    case .boolean(let bool): bool ? "true" : "false"
    case .null, .other: ""
    }
  }
}

extension FieldValue: Encodable {
  /// Writes a text, a number, true, false or null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .number(let number): try container.encode(number)
    case .boolean(let bool): try container.encode(bool)
    case .null, .other: try container.encodeNil()
    }
  }
}

/// A patient and the drug that is right for them.
public struct LabelledPatient: Sendable, Equatable {
  /// The patient.
  public let patient: Patient
  /// The drug's place among the drugs of the patient's schema.
  public let label: Int

  /// The drug.
  public var drug: String { patient.schema.drugs[label] }

  /// Puts them together.
  public init(_ patient: Patient, _ label: Int) {
    self.patient = patient
    self.label = label
  }
}

/// The fields of a patient that are wrong.
public struct PatientError: Error, Sendable, Equatable {
  /// At least one problem, in the order of the fields.
  public let problems: [FieldProblem]

  /// Creates an error.
  public init(problems: [FieldProblem]) {
    self.problems = problems
  }
}
