import FastCGI
import Patients

/// The patient of a request's body.
struct PatientBody {
  let patient: Patient
  /// The members as they were sent.
  let members: [JSONValue.Member]

  init(_ request: borrowing Request) throws(ServiceError) {
    let json = try request.json()
    do throws(PatientError) {
      self = try PatientBody(json)
    } catch {
      throw .invalidPatient(error.problems)
    }
  }

  /// Reads a patient from JSON.
  ///
  /// - Throws: `PatientError` with every field that is wrong, missing or unknown.
  init(_ json: JSONValue) throws(PatientError) {
    guard case .object(let members) = json else {
      throw PatientError(problems: [
        FieldProblem(
          pointer: "", code: .wrongType, detail: "a patient must be an object", allowed: "object")
      ])
    }
    self.members = members
    var values = InlineArray<5, FieldValue?>(repeating: nil)
    var unknown: [FieldProblem] = []
    for member in members {
      if let field = Self.names.firstIndex(where: { member.isNamed($0) }) {
        values[field] = FieldValue(member.value)
      } else {
        unknown.append(Self.unknownField(member.name))
      }
    }
    do throws(PatientError) {
      patient = try Patient { values[$0.index] }
    } catch {
      throw PatientError(problems: error.problems + unknown)
    }
    guard unknown.isEmpty else { throw PatientError(problems: unknown) }
  }

  private static let names = PatientField.allCases.map(\.rawValue)

  private static func unknownField(_ name: String) -> FieldProblem {
    FieldProblem(
      pointer: "/\(name.jsonPointerEscaped)", code: .unknownField,
      detail: "no field has this name",
      allowed: names.joined(separator: ", "))
  }
}

extension FieldValue {
  private static let decimals = DecimalReader()

  /// A JSON value as a field's; a number too large to represent is infinite.
  init(_ json: JSONValue) {
    switch json {
    case .string(let text): self = .text(text)
    case .number(let digits): self = .number(Self.decimals.number(digits) ?? .infinity)
    case .bool, .null, .array, .object: self = .other
    }
  }
}
