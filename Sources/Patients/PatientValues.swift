/// A patient's measurements under the names of the fields.
public struct PatientValues: Encodable, Sendable {
  private enum Value: Encodable, Sendable {
    case text(String)
    case number(Double)

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .text(let text): try container.encode(text)
      case .number(let number): try container.encode(number)
      }
    }
  }

  private let values: [String: Value]

  /// Takes the values of a patient.
  public init(_ patient: Patient) {
    self.init(sample: PatientField.inputs.map { patient[$0] })
  }

  /// Takes the values of a row, in the order of `PatientField.inputs`.
  package init(sample: [Double]) {
    values = Dictionary(
      uniqueKeysWithValues: zip(PatientField.inputs, sample).map { field, number in
        guard case .category(let names) = field.domain else {
          return (field.rawValue, .number(number))
        }
        return (field.rawValue, .text(names[Int(number)]))
      })
  }

  /// Writes one key a field, under its own name whatever an encoder makes of other keys.
  public func encode(to encoder: any Encoder) throws {
    // A dictionary as a whole, since an encoder renames the keys of a container.
    var container = encoder.singleValueContainer()
    try container.encode(values)
  }

  /// The values as texts, in the order of `PatientField.allCases`.
  public var texts: [String] {
    PatientField.allCases.map { field in
      switch values[field.rawValue] {
      case .text(let text): text
      case .number(let number): number.plain
      case nil: ""
      }
    }
  }
}
