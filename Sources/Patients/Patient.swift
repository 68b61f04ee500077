/// The measurements of one patient, each within its limits.
public struct Patient: Sendable, Equatable {
  /// The value of each field in the order of `PatientField.allCases`, shape (5): the number as
  /// measured, or the index of the category.
  private let values: InlineArray<5, Double>

  /// Checks the fields.
  ///
  /// - Parameter value: what was given for a field, nil when nothing was.
  /// - Throws: `PatientError` with every field that is wrong, in their order.
  public init(_ value: (PatientField) -> FieldValue?) throws(PatientError) {
    var values = InlineArray<5, Double>(repeating: 0)
    var problems: [FieldProblem] = []
    for field in PatientField.allCases {
      do throws(FieldProblem) {
        values[field.index] = try field.number(from: value(field))
      } catch {
        problems.append(error)
      }
    }
    guard problems.isEmpty else { throw PatientError(problems: problems) }
    self.values = values
  }

  /// The number of a field: as measured, or the index of the category in its domain.
  public subscript(field: PatientField) -> Double {
    values[field.index]
  }

  /// Whether all values are equal.
  public static func == (a: Patient, b: Patient) -> Bool {
    PatientField.allCases.allSatisfy { a[$0] == b[$0] }
  }

  /// The value of a field as it is given: a number, or the name of the category.
  public func value(of field: PatientField) -> FieldValue {
    guard case .category(let names) = field.domain else { return .number(self[field]) }
    return .text(names[Int(self[field])])
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

/// The patients whose drug the documentation names: DrugY for both.
public enum DocumentedPatient {
  /// 45 years, M, blood pressure HIGH, cholesterol NORMAL, Na_to_K 15.5.
  public static let first = make(age: 45, sex: "M", ratio: 15.5)
  /// 52 years, F, blood pressure HIGH, cholesterol NORMAL, Na_to_K 18.3.
  public static let second = make(age: 52, sex: "F", ratio: 18.3)

  private static func make(age: Double, sex: String, ratio: Double) -> Patient {
    do throws(PatientError) {
      return try Patient { field in
        switch field {
        case .age: .number(age)
        case .sex: .text(sex)
        case .bloodPressure: .text("HIGH")
        case .cholesterol: .text("NORMAL")
        case .sodiumToPotassium: .number(ratio)
        }
      }
    } catch {
      preconditionFailure("a documented patient is valid: \(error.problems)")
    }
  }
}
