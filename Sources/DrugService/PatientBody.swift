import DrugClassifier
import FastCGI

/// The patient of a request's body.
struct PatientBody {
  let patient: Patient
  /// The members as they were sent.
  let members: [JSONValue.Member]

  init(_ request: borrowing Request) throws(ServiceError) {
    guard ContentType(request).isJSON else { throw .unsupportedMediaType(.json) }
    let json: JSONValue
    switch request.body {
    case .tooLarge: throw .bodyTooLarge(limit: Service.maximumBodySize)
    case .broken, .stream: throw .brokenBody
    case .whole(let bytes):
      do throws(JSONError) {
        json = try JSONParser.parse(bytes)
      } catch {
        throw .malformed(error)
      }
    }
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

/// The Content-Type of a request (RFC 9110, section 8.3).
struct ContentType {
  /// Whether it is JSON in UTF-8.
  let isJSON: Bool
  /// Whether it is CSV in UTF-8.
  let isCSV: Bool
  /// Whether it is bytes of any kind.
  let isBytes: Bool

  init(_ request: borrowing Request) {
    let type = request.parameter("CONTENT_TYPE") ?? ""
    // As nearly everybody writes it.
    if type == "application/json" {
      (isJSON, isCSV, isBytes) = (true, false, false)
      return
    }
    let parts = type.lowercased()
      .split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
    let isUTF8 = parts.dropFirst().allSatisfy { parameter in
      !parameter.hasPrefix("charset=")
        || parameter == "charset=utf-8" || parameter == "charset=\"utf-8\""
    }
    isJSON = isUTF8 && parts[0] == "application/json"
    isCSV = isUTF8 && parts[0] == "text/csv"
    isBytes = parts[0] == "application/octet-stream"
  }

  /// The text without the blanks around it.
  private static func trimmed(_ text: Substring) -> Substring {
    var rest = text.drop { $0 == " " || $0 == "\t" }
    while rest.last == " " || rest.last == "\t" { rest.removeLast() }
    return rest
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
