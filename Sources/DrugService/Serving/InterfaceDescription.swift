import FoundationEssentials
import Patients

/// The description of the interface (OpenAPI 3.1) for the served model.
///
/// Its template is the description for drug200, a whole document of its own. What in it names drug200's fields
/// and drugs is put in the served ones' place; all else is the same for every model.
struct InterfaceDescription: Sendable {
  private let bytes: [UInt8]
  private let template: JSONValue

  /// Reads the template.
  ///
  /// - Throws: what reading a file throws, and `JSONError`.
  init(path: String) throws {
    bytes = Array(try Data(contentsOf: URL(filePath: path)))
    template = try JSONParser.parse(
      bytes, JSONBudget(values: 1 << 20, elements: 1 << 16, members: 1024))
  }

  /// The document for a model of such patients; the template as it is for those of drug200, and while no model
  /// is served.
  func text(for schema: PatientSchema?) -> [UInt8] {
    guard let schema, schema != .drug200 else { return bytes }
    return Array(InterfaceComposer(schema).compose(template, at: []).text.utf8)
  }
}

/// Puts the fields and drugs of a schema in the place of drug200's.
private struct InterfaceComposer {
  private let own = PatientSchema.drug200
  private let served: PatientSchema
  private let ownNames: [String]
  private let names: [String]
  /// The fields that may be given as two numbers.
  private let ratios: [PatientField]
  /// The names of those that are not categories.
  private let numbers: [String]
  /// What the template says of drug200, and what is said of the served model instead.
  private let phrases: [(words: String, served: String)]

  init(_ served: PatientSchema) {
    self.served = served
    let own = own
    ownNames = own.fields.map(\.name)
    names = served.fields.map(\.name)
    ratios = served.fields.filter { $0.ratio != nil }
    numbers = served.fields.filter(\.levels.isEmpty).map(\.name)
    let first = served.fields[0]
    let category = served.fields.first { !$0.levels.isEmpty } ?? first
    func list(_ names: [String]) -> String { names.joined(separator: ", ") }
    phrases = [
      ("one of five drugs", "one of \(served.drugs.count.inWords) drugs"),
      ("from five measurements", "from \(names.count.inWords) measurements"),
      (
        "It learned from 200 teaching rows and has not been tested in care: a person decides.",
        served.table.notFor.map { "Not for: \($0)" }
          ?? "It has not been tested in care: a person decides."
      ),
      ("Man, 45", "A patient"), ("Woman, 52", "Another patient"),
      (list(ownNames + ["Drug"]), list(names + [served.target.name])),
      (list(own.drugs), list(served.drugs)),
      (own.drugs.inOneCell, served.drugs.inOneCell),
      ("Age must be a \(own.fields[0].allowed)", "\(first.name) must be a \(first.allowed)"),
      ("Na_to_K must be a \(own.fields[4].allowed)", "\(first.name) must be a \(first.allowed)"),
      (own.fields[0].allowed, first.allowed),
      ("Sex must be one of F, M", "\(category.name) must be one of \(category.allowed)"),
      ("F, M", category.allowed),
      ("/Age", first.pointer),
    ]
  }

  /// - Parameter path: the names and places that lead to the value.
  func compose(_ value: JSONValue, at path: [String]) -> JSONValue {
    switch value {
    case .object(let members): object(members, path)
    case .array(let elements): array(elements, path)
    case .string(let text): .string(string(text))
    case .number("5") where path.suffix(2) == ["inputs", "minItems"]:
      .number("\(max(1, served.fields.count(where: \.isRequired)))")
    case .number("6") where path.suffix(2) == ["inputs", "maxItems"]:
      .number("\(names.count + ratios.count)")
    case .number("5") where path.suffix(2) == ["warnings", "maxItems"]:
      .number("\(names.count)")
    case .number("5") where path.suffix(2) == ["prediction_set", "maxItems"]:
      .number("\(served.drugs.count)")
    default: value
    }
  }

  private func object(_ members: [JSONValue.Member], _ path: [String]) -> JSONValue {
    let known = Set(members.map(\.name))
    if known == Set(own.drugs) {
      return .object(
        served.drugs.enumerated().map { label, drug in
          JSONValue.Member(name: drug, value: members[label == 0 ? 0 : members.count - 1].value)
        })
    }
    if known == Set(ownNames) { return .object(fields(members, path)) }
    if ratios.isEmpty, members.value(of: "anyOf") == Self.patients {
      return Self.reference("Patient")
    }
    var composed: [JSONValue.Member] = []
    for member in members {
      let inner = path + [member.name]
      if member.name == Self.byParts {
        if !ratios.isEmpty {
          composed.append(.init(name: member.name, value: patientByParts(member.value)))
        }
        continue
      }
      if Self.tensorNames.contains(member.name) {
        guard member.name == Self.tensorNames[0] else { continue }
        composed += served.accepted.map { field in
          JSONValue.Member(name: Self.tensorName(of: field), value: tensor(field))
        }
      } else {
        let value = compose(member.value, at: inner)
        // Of categories alone no number is left to be named, and a list of none is no enum.
        if member.name == "enum", value == .array([]) { continue }
        composed.append(JSONValue.Member(name: member.name, value: value))
      }
    }
    return .object(composed)
  }

  /// An object that has a member for each field.
  private func fields(_ members: [JSONValue.Member], _ path: [String]) -> [JSONValue.Member] {
    if path.suffix(2) == ["Patient", "properties"] {
      return served.fields.map { JSONValue.Member(name: $0.name, value: schema(of: $0)) }
    }
    let isSecond = members.value(of: "Age") == .number("52")
    return example(isSecond ? 1 : 0)
  }

  private func array(_ elements: [JSONValue], _ path: [String]) -> JSONValue {
    let texts = elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
    if texts.count == elements.count {
      if texts == own.drugs { return .array(served.drugs.map { .string($0) }) }
      if texts == ["Age", "Na_to_K"] { return .array(numbers.map { .string($0) }) }
      if texts == own.fields.map(\.pointer) {
        return .array(served.fields.map { .string($0.pointer) })
      }
      if texts == ["number", "string", "boolean"], ["from", "to"].contains(path.dropLast().last) {
        return .array(types.map { .string($0) })
      }
      // A field of this name is measured, and counts nothing.
      if path.suffix(2) == ["ModelSchema", "required"],
        served.table.field(served.table.count) != nil
      {
        return .array(texts.filter { $0 != "count" }.map { .string($0) })
      }
      if texts == ownNames {
        let needed =
          path.suffix(2) == ["Patient", "required"]
          ? served.fields.filter(\.isRequired).map(\.name) : names
        return .array(needed.map { .string($0) })
      }
    }
    if path.last == "inputs" || path.last == "anyOf", let first = elements.first,
      case .object(let members) = first
    {
      if case .string(let reference)? = members.value(of: "$ref"),
        reference.hasSuffix("/\(Self.tensorNames[0])")
      {
        return .array(served.accepted.map { Self.reference(Self.tensorName(of: $0)) })
      }
      if members.value(of: "name") == .string("Age") {
        return .array(served.fields.map { exampleTensor($0, like: members) })
      }
    }
    return .array(elements.enumerated().map { compose($1, at: path + ["\($0)"]) })
  }

  private func string(_ text: String) -> String {
    if text.hasPrefix(ownNames.joined(separator: ",")) { return table(text) }
    if text == own.drugs[0] { return served.drugs[0] }
    if own.drugs.contains(text) { return served.drugs.last! }
    if let place = ownNames.firstIndex(of: text) { return names[place % names.count] }
    // In one go: what was put in may read like a phrase itself.
    var composed: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.first {
      if let phrase = phrases.first(where: { rest.starts(with: $0.words.utf8) }) {
        composed += phrase.served.utf8
        rest = rest.dropFirst(phrase.words.utf8.count)
      } else {
        composed.append(byte)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: composed, as: UTF8.self)
  }

  /// The types in JSON that values of the fields have.
  private var types: [String] {
    let own = Set(served.fields.map(\.description.type))
    let isNumber = own.contains(.integer) || own.contains(.number)
    return (isNumber ? ["number"] : []) + (own.contains(.string) ? ["string"] : [])
      + (own.contains(.boolean) ? ["boolean"] : [])
  }

  /// A table of examples: the columns of the fields are the served ones', the others stay.
  private func table(_ text: String) -> String {
    var bytes: [UInt8] = []
    for (row, line) in text.split(whereSeparator: \.isNewline).enumerated() {
      let own = (String(line).fields() ?? []).dropFirst(ownNames.count)
      let rest = own.enumerated().map { place, cell in
        if row == 0 { return cell == self.own.target.name ? served.target.name : cell }
        guard self.own.drugs.contains(cell) else { return string(cell) }
        // Behind a drug and its probability stands the set.
        return place == 2 ? [string(cell)].inOneCell : string(cell)
      }
      CSVWriter.append((row == 0 ? names : patient(row - 1).texts) + rest, to: &bytes)
    }
    let table = String(decoding: bytes, as: UTF8.self)
    return text.contains("\r\n") ? table : table.replacing("\r\n", with: "\n")
  }

  // MARK: What follows from the fields

  /// A patient for examples.
  private func patient(_ number: Int) -> Patient {
    let documented = served.documented
    return documented.isEmpty ? served.probe : documented[number % documented.count].patient
  }

  private func example(_ number: Int) -> [JSONValue.Member] {
    let patient = patient(number)
    return served.fields.compactMap { field in
      let value = patient.value(of: field)
      return value == .null ? nil : JSONValue.Member(name: field.name, value: value.json)
    }
  }

  private func schema(of field: PatientField) -> JSONValue {
    var members: [JSONValue.Member] = []
    func add(_ name: String, _ value: JSONValue) {
      members.append(JSONValue.Member(name: name, value: value))
    }
    let type = JSONValue.string(field.description.type.rawValue)
    add("type", field.isRequired ? type : .array([type, .string("null")]))
    for (name, value) in limits(of: field) { add(name, value) }
    let unit = field.description.unit.map { "In \($0)." }
    let words = [field.description.title.map { "\($0)." }, field.description.summary, unit]
    let description = words.compactMap(\.self).joined(separator: " ")
    if !description.isEmpty { add("description", .string(description)) }
    return .object(members)
  }

  /// What the template calls a patient with two numbers in place of a ratio.
  private static let byParts = "PatientByParts"
  /// A patient in either form.
  private static let patients = JSONValue.array([reference("Patient"), reference(byParts)])

  private func patientByParts(_ template: JSONValue) -> JSONValue {
    guard case .object(let members) = template else { return template }
    let fields = served.fields.flatMap { $0.ratio?.parts ?? [$0] }
    let needed = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
    return .object(
      members.compactMap { member in
        switch member.name {
        case "required": JSONValue.Member(name: member.name, value: .array(needed))
        case "properties":
          JSONValue.Member(
            name: member.name,
            value: .object(
              fields.map { JSONValue.Member(name: $0.name, value: schema(of: $0)) }))
        case "examples": nil
        default: member
        }
      })
  }

  /// The values that a field accepts, in the words of JSON Schema.
  private func limits(of field: PatientField) -> [(String, JSONValue)] {
    switch field.domain {
    case .category:
      guard field.description.type != .boolean else { return [] }
      let values = field.levels.indices.map { field.value(ofNumber: Double($0)).json }
      return [("enum", .array(field.isRequired ? values : values + [.null]))]
    case .number(let limits):
      return [
        (limits.excludesMinimum ? "exclusiveMinimum" : "minimum", limits.minimum),
        (limits.excludesMaximum ? "exclusiveMaximum" : "maximum", limits.maximum),
      ].compactMap { name, limit in limit.map { (name, .number($0.plain)) } }
    }
  }

  /// What the template calls the inputs of the Open Inference Protocol.
  private static let tensorNames = [
    "InferenceAge", "InferenceSex", "InferenceBP", "InferenceCholesterol", "InferenceNatoK",
    "InferenceNa", "InferenceK",
  ]

  private static func tensorName(of field: PatientField) -> String {
    "InferenceField\(field.index + 1)"
  }

  private static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
    .object(members.map { JSONValue.Member(name: $0.key, value: $0.value) })
  }

  private static func reference(_ name: String) -> JSONValue {
    object(["$ref": .string("#/components/schemas/\(name)")])
  }

  private func tensor(_ field: PatientField) -> JSONValue {
    let datatypes = InferenceTensor.datatypes(of: field).map { JSONValue.string($0.rawValue) }
    let element = schema(of: field)
    let column = Self.object([
      "type": .string("array"), "items": element, "minItems": .number("1"),
      "maxItems": .number("1"),
    ])
    return Self.object([
      "type": .string("object"),
      "required": .array([.string("name"), .string("shape"), .string("datatype")]),
      "additionalProperties": .bool(false),
      "properties": Self.object([
        "name": Self.object(["type": .string("string"), "const": .string(field.name)]),
        "datatype": Self.object(["type": .string("string"), "enum": .array(datatypes)]),
        "shape": Self.reference("InferenceShape"),
        "parameters": Self.reference("InferenceTensorParameters"),
        "data": Self.object([
          "anyOf": .array([
            Self.object(["type": .string("array"), "items": element]),
            Self.object(["type": .string("array"), "items": column]),
          ]),
          "description": .string("n values or, where the shape is [n,1], n lists of one."),
        ]),
      ]),
    ])
  }

  /// An input of an example: with as many patients as the template's, if it has data.
  private func exampleTensor(
    _ field: PatientField, like members: [JSONValue.Member]
  ) -> JSONValue {
    .object(
      members.map { member in
        let value: JSONValue
        switch (member.name, member.value) {
        case ("name", _): value = .string(field.name)
        case ("datatype", _):
          value = .string(InferenceTensor.datatype(of: field).rawValue)
        case ("data", .array(let elements)):
          value = .array(elements.indices.map { patient($0).value(of: field).json })
        default: value = member.value
        }
        return JSONValue.Member(name: member.name, value: value)
      })
  }
}
