import FastCGI
import Patients

/// The patient of a request's body.
struct PatientBody {
  let patient: Patient
  /// The members as they were sent, those of the fields alone where a ratio was made of others.
  let members: [JSONValue.Member]

  init(_ request: borrowing Request, of schema: PatientSchema) throws(ServiceError) {
    let json = try request.json(.patient(of: schema))
    do throws(PatientError) {
      self = try PatientBody(json, of: schema)
    } catch {
      throw .invalidPatient(error.problems)
    }
  }

  /// Reads a patient from JSON.
  ///
  /// - Throws: `PatientError` with every field that is wrong, missing or unknown.
  init(_ json: JSONValue, of schema: PatientSchema) throws(PatientError) {
    guard case .object(let members) = json else {
      throw PatientError(problems: [
        FieldProblem(
          pointer: "", code: .wrongType, detail: Self.noObject(json), allowed: "object")
      ])
    }
    let fields = schema.accepted
    var isDivided = false
    var unknown: [FieldProblem] = []
    do throws(PatientError) {
      // The place of each field's member.
      patient = try withUnsafeTemporaryAllocation(of: Int?.self, capacity: fields.count) {
        places throws(PatientError) in
        places.initialize(repeating: nil)
        for (place, member) in members.enumerated() {
          // Most write the fields in their order.
          let field =
            place < fields.count && member.isNamed(fields[place].name)
            ? place : fields.firstIndex { member.isNamed($0.name) }
          if let field {
            places[field] = place
            isDivided = isDivided || field >= schema.fields.count
          } else {
            unknown.append(Self.unknownField(member.name, schema))
          }
        }
        return try Patient(acceptedBy: schema) { field in
          places[field.index].map { FieldValue(members[$0].value) }
        }
      }
    } catch {
      throw PatientError(problems: Self.advised(error.problems, on: members) + unknown)
    }
    guard unknown.isEmpty else { throw PatientError(problems: unknown) }
    let patient = patient
    self.members =
      isDivided
      ? schema.fields.map { .init(name: $0.name, value: patient.value(of: $0).json) } : members
  }

  private static func noObject(_ json: JSONValue) -> String {
    // So tables of pandas and R are written, row by row.
    guard case .array = json else { return "a patient must be an object" }
    return "a patient must be an object: /predict/batch takes lists, as {\"patients\":[…]}"
  }

  /// The problems of the fields, those of lists of one with what to do instead.
  private static func advised(
    _ problems: [FieldProblem], on members: [JSONValue.Member]
  ) -> [FieldProblem] {
    let lists = Set(
      members.lazy.filter(\.value.isListOfOne).map { "/\($0.name.jsonPointerEscaped)" })
    return problems.map { lists.contains($0.pointer) ? $0.ofListOfOne : $0 }
  }

  private static func unknownField(_ name: String, _ schema: PatientSchema) -> FieldProblem {
    FieldProblem(
      pointer: "/\(name.jsonPointerEscaped)", code: .unknownField,
      detail: "no field has this name",
      allowed: schema.fields.map(\.name).joined(separator: ", "))
  }
}
