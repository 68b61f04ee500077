extension TableDraft {
  /// The draft as a Data Package, with every column of the table: what is no measurement has the type `any`.
  public var text: String {
    var fields: [JSONValue] = []
    for (column, part) in zip(survey.columns, parts) {
      switch part {
      case .field(let field): fields.append(written(field))
      case .count:
        fields.append(Self.object([("name", .string(column.name)), ("type", .string("integer"))]))
      case .none(let reason):
        fields.append(
          Self.object([
            ("name", .string(column.name)), ("description", .string("Left out: \(reason).")),
            ("type", .string("any")),
          ]))
      }
    }
    var schema: [(String, JSONValue)] = [("fields", .array(fields))]
    // The members behind the fields, as a checked description has them.
    if case .object(let members) = description.json {
      schema += members.filter { $0.name != "fields" }.map { ($0.name, $0.value) }
    }
    let name = Self.slug(description.stem ?? "")
    var resource: [(String, JSONValue)] = [
      ("name", .string(name)), ("type", .string("table")),
      ("path", .string(description.path ?? "")), ("scheme", .string("file")),
      ("format", .string("csv")), ("mediatype", .string("text/csv")),
      ("encoding", .string(survey.dialect.encoding.name)),
    ]
    if survey.dialect.delimiter != .comma {
      let mark = String(UnicodeScalar(survey.dialect.delimiter.byte))
      resource.append(
        ("dialect", Self.object([("csv", Self.object([("delimiter", .string(mark))]))])))
    }
    resource.append(("schema", Self.object(schema)))
    return Self.object([
      ("$schema", .string("https://datapackage.org/profiles/2.0/datapackage.json")),
      ("name", .string(name)), ("resources", .array([Self.object(resource)])),
    ]).text
  }

  /// A field, with the mark of its numbers where the standard expects another.
  private func written(_ field: TableDescription.Field) -> JSONValue {
    guard field.isNumber, field.type == .number, survey.dialect.delimiter != .comma,
      survey.columns.first(where: { $0.name == field.name })?.values?.contains(where: {
        $0.contains(",")
      }) ?? false, case .object(var members) = field.json
    else { return field.json }
    let place = members.firstIndex { $0.name == "type" }! + 1
    members.insert(JSONValue.Member(name: "decimalChar", value: .string(",")), at: place)
    return .object(members)
  }

  private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
    .object(members.map { JSONValue.Member(name: $0.0, value: $0.1) })
  }

  /// A name as the standard wants that of a resource.
  private static func slug(_ text: String) -> String {
    let slug = text.lowercased().map { character in
      character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
    }
    let words = String(slug).split(separator: "-").joined(separator: "-")
    return words.isEmpty ? "table" : words
  }

  /// What a person should look at.
  func remarks(_ missing: [String]) -> [String] {
    var notes: [String] = []
    if survey.strayRowCount > 0 {
      notes.append("\(survey.strayRowCount) rows have another number of fields than the header")
    }
    if !missing.isEmpty {
      notes.append(
        "\(missing.joined(separator: ", ")) stands for a value that is missing, in every column")
    }
    for (column, part) in zip(survey.columns, parts) {
      let name = column.name.printable
      switch part {
      case .none(let reason): notes.append("\(name) is left out: \(reason)")
      case .count: notes.append("\(name) tells how many patients a row stands for")
      case .field(let field): notes += remarks(field, column, name)
      }
    }
    if description.fields.contains(where: { $0.isNumber && $0.name != description.target }) {
      notes.append(
        "the limits of numbers are wider than what was seen: write those that are possible")
    }
    if description.fields.contains(where: { $0.type == .string && $0.name != description.target }) {
      notes.append(
        "categories are in the order of their letters: write them as people should see them")
    }
    return notes
  }

  private func remarks(
    _ field: TableDescription.Field, _ column: TableSurvey.Column, _ name: String
  ) -> [String] {
    var notes: [String] = []
    let count = column.values?.count ?? .max
    if field.name == description.target {
      if column.missingCount > 0 {
        notes.append(
          "\(column.missingCount) rows have no \(name): --skip-invalid leaves them out")
      }
      return notes
    }
    if count == 1 { notes.append("\(name) has one value in every row, and tells nothing") }
    if field.isNumber, field.type == .integer, 2...10 ~= count {
      notes.append(
        "\(name) has \(count) different whole numbers: if they are codes, list them as categories")
    }
    if field.type == .string, column.numberCount * 2 > column.valueCount,
      let word = column.words?.min()
    {
      notes.append(
        "\(name) is text, though most of it is numbers: \"\(word.printable)\" is none")
    }
    if field.type == .string, count > 50 {
      notes.append(
        "\(name) has \(count) categories, each a column of its own: group them if you can")
    }
    return notes
  }
}

extension TableDialect.Encoding {
  /// The name that others know it by.
  fileprivate var name: String {
    switch self {
    case .utf8: "utf-8"
    case .utf16LittleEndian, .utf16BigEndian: "utf-16"
    case .windows1252: "windows-1252"
    }
  }
}
