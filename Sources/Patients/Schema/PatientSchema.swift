public import RandomForest

/// What is measured of patients, which drugs there are, and all that follows from it: checked once, when
/// it is made, and shared by all who ask.
public final class PatientSchema: Sendable {
  /// The description that it was made of.
  public let table: TableDescription
  /// The measured fields, in the order in which people give them.
  public let fields: [PatientField]
  /// All that may be given of a patient: the fields, then the numbers whose ratios some of them are.
  package let accepted: [PatientField]
  /// The drug.
  public let target: PatientField
  /// The fields in the order of the models' inputs: categories, then numbers.
  public let inputs: [PatientField]
  /// The inputs as features of a dataset.
  public let features: [Feature]
  /// The field by whose values reports are divided; nil for none.
  public let group: PatientField?
  /// The Table Schema in JSON, one text for all that say the same.
  public let text: String
  /// The SHA-256 digest of the text.
  public let digest: String
  private let missingValues: Set<String>
  /// The names of a table's columns: the fields, the drug and the count, with what else they go by.
  let names: NameMatcher
  /// The names of the fields alone.
  let fieldNames: NameMatcher

  /// The drugs, in the order of a model's classes.
  public var drugs: [String] { target.levels }

  /// Checks a description whose categories are all told.
  ///
  /// - Throws: `DescriptionError` with the first place that is wrong.
  public init(_ table: TableDescription) throws(DescriptionError) {
    let place = table.place
    func wrong(_ pointer: String, _ words: String) -> DescriptionError {
      DescriptionError(place + pointer, words)
    }
    try Self.checkNames(table)
    guard let name = table.target else {
      throw wrong("/target", "is missing: which field is the drug")
    }
    guard let drug = table.fields.firstIndex(where: { $0.name == name }) else {
      let reason = table.leftOut.first { $0.name == name }.map { ": \($0.reason)" } ?? ""
      throw wrong("/target", "\(name) is no field\(reason)")
    }
    if let open = table.fields.firstIndex(where: { !$0.isNumber && $0.categories == nil }) {
      throw DescriptionError(
        "\(table.pointer(ofField: open))/categories", "is missing, and no table tells the values")
    }
    self.table = table
    missingValues = Set(table.missingValues).union([""])
    // A row without a drug teaches nothing, whatever the description allows.
    var drugField = table.fields[drug]
    drugField.isRequired = true
    target = PatientField(drugField, index: drug)
    guard 2...TableDescription.maximumDrugCount ~= target.levels.count else {
      throw DescriptionError(
        "\(table.pointer(ofField: drug))/categories",
        "must be 2 to \(TableDescription.maximumDrugCount) drugs")
    }
    let measured = table.fields.filter { $0.name != name }
    var parts: [PatientField] = []
    fields = measured.enumerated().map { index, field in
      let ratio = field.ratio.map { ratio in
        for part in ratio.parts {
          parts.append(PatientField(part, index: measured.count + parts.count))
        }
        return PatientField.Ratio(
          dividend: parts[parts.count - 2], divisor: parts[parts.count - 1], places: ratio.places)
      }
      return PatientField(field, index: index, ratio: ratio)
    }
    accepted = fields + parts
    guard 1...TableDescription.maximumFieldCount ~= fields.count else {
      throw wrong(
        "/fields", "must be 1 to \(TableDescription.maximumFieldCount) besides the drug")
    }
    inputs = fields.filter { !$0.levels.isEmpty } + fields.filter(\.levels.isEmpty)
    features = inputs.map(\.feature)
    group = fields.first { $0.name == table.group }
    if let name = table.group, group?.levels.isEmpty ?? true {
      throw wrong("/group", "\(name) is no field with categories")
    }
    try Self.checkValues(fields + [target], table)
    text = table.json.text
    guard text.utf8.count <= TableDescription.maximumSize else {
      throw wrong(
        "/fields",
        "the description has \(text.utf8.count.grouped) bytes when each value stands on a line of "
          + "its own, of which there may be at most \(TableDescription.maximumSize.grouped)")
    }
    digest = SHA256.digest(of: Array(text.utf8))
    let own = accepted.map { (name: $0.name, aliases: $0.description.aliases) }
    fieldNames = NameMatcher(own)
    let count = fields.contains { $0.name == table.count } || table.count == name
    names = NameMatcher(
      own + [(target.name, target.description.aliases)] + (count ? [] : [(table.count, [])]))
    try checkColumns(place)
    for (index, documented) in table.documented.enumerated() {
      do throws(PatientError) {
        _ = try patient(documented)
      } catch {
        throw wrong(
          "/documented/\(index)/patient\(error.problems[0].pointer)", error.problems[0].detail)
      }
      guard drugs.contains(documented.drug) else {
        throw wrong("/documented/\(index)/drug", "is no drug of the table")
      }
    }
  }

  private static func checkNames(_ table: TableDescription) throws(DescriptionError) {
    var names: Set<String> = []
    for (index, field) in table.fields.enumerated() {
      let parts = zip(["ratio/of/", "ratio/to/"], field.ratio?.parts ?? [])
      for (place, field) in [("", field)] + parts {
        let aliases = field.aliases.enumerated().map { ("aliases/\($0)", $1) }
        for (member, name) in [("name", field.name)] + aliases
        where !names.insert(name).inserted || (!place.isEmpty && name == table.count) {
          throw DescriptionError(
            "\(table.pointer(ofField: index))/\(place)\(member)", "\(name) stands twice")
        }
      }
    }
  }

  /// What is told of values must be true: examples are accepted, and no category stands for none.
  private static func checkValues(
    _ fields: [PatientField], _ table: TableDescription
  ) throws(DescriptionError) {
    let missing = Set(table.missingValues)
    for field in fields {
      let index = table.fields.firstIndex { $0.name == field.name }!
      if let example = field.description.example {
        do throws(FieldProblem) {
          _ = try field.number(from: example)
        } catch {
          throw DescriptionError("\(table.pointer(ofField: index))/example", error.detail)
        }
      }
      guard field.description.type == .string else { continue }
      for (place, category) in (field.description.categories ?? []).enumerated() {
        guard let twice = ([category.value] + category.aliases).first(where: missing.contains)
        else { continue }
        throw DescriptionError(
          "\(table.pointer(ofField: index))/categories/\(place)",
          "\(twice) stands for a value that is missing")
      }
    }
  }

  /// A forest knows its columns by names made of fields' and categories', and each by one.
  private func checkColumns(_ place: String) throws(DescriptionError) {
    var owners: [String: PatientField] = [:]
    for field in inputs {
      var encodings: [FeatureEncoding] = [field.levels.isEmpty ? .identity : .oneHot]
      if let bins = field.description.bins {
        encodings.append(.bins(edges: bins.edges, labels: bins.labels))
      }
      for name in encodings.flatMap({ EncodedFeature(field.feature, encoding: $0).columnNames }) {
        if let other = owners.updateValue(field, forKey: name) {
          throw DescriptionError(
            "\(place)/fields",
            "\(other.name) and \(field.name) both make a column \(name): rename one of them")
        }
      }
    }
  }

  /// The text with its digest, as a service tells it.
  package var servedText: String {
    guard case .object(let members) = table.json else { return text }
    return JSONValue.object(
      members + [JSONValue.Member(name: "digest", value: .string(digest))]
    ).text
  }

  /// The field of a name, nil when no patient has it.
  public func field(_ name: String) -> PatientField? { fields.first { $0.name == name } }

  /// All that may be given of a patient by its name, nil for what is none of it.
  package func accepted(_ name: String) -> PatientField? { accepted.first { $0.name == name } }

  /// What the columns of a table mean, without the two numbers of a ratio that the table has divided itself.
  func undivided(_ names: [String?]) -> [String?] {
    let divided = fields.filter { names.contains($0.name) }.flatMap { $0.ratio?.parts ?? [] }
    return names.map { name in divided.contains { $0.name == name } ? nil : name }
  }

  /// The names of what is lacking to know some fields: those themselves, or the other one of two whose ratio
  /// they are.
  package func lacking(
    _ fields: [PatientField], where isGiven: (PatientField) -> Bool
  ) -> [String] {
    fields.flatMap { field in
      if isGiven(field) { return [String]() }
      let others = field.ratio?.parts.filter { !isGiven($0) } ?? []
      return field.ratio == nil || others.count == 2 ? [field.name] : others.map(\.name)
    }
  }

  /// Whether models of both answer the same questions: they have the same fields with the same
  /// categories, and the same drugs.
  public func agrees(with other: PatientSchema) -> Bool {
    self === other || (features == other.features && drugs == other.drugs)
  }

  /// The same patient as one of this schema; nil when other fields were measured, or a value is none of this
  /// schema's.
  public func adopt(_ patient: Patient) -> Patient? {
    if patient.schema == self { return patient }
    guard patient.schema.fields.count == fields.count else { return nil }
    var isForeign = false
    let adopted = try? Patient(of: self) { field in
      guard let known = patient.schema.field(field.name) else {
        isForeign = true
        return nil
      }
      return patient.value(of: known)
    }
    return isForeign ? nil : adopted
  }

  /// In what another has other fields or drugs, in words; nil when both agree.
  public func difference(from other: PatientSchema) -> String? {
    guard !agrees(with: other) else { return nil }
    let (own, their) = (Set(fields.map(\.name)), Set(other.fields.map(\.name)))
    let changed = fields.filter { field in
      other.field(field.name).map { $0.feature != field.feature } ?? false
    }.map(\.name)
    let parts = [
      ("without", their.subtracting(own).sorted()), ("with", own.subtracting(their).sorted()),
      ("with other values of", changed),
      ("without the drugs", other.drugs.filter { !drugs.contains($0) }),
      ("with the drugs", drugs.filter { !other.drugs.contains($0) }),
    ]
    let words = parts.filter { !$0.1.isEmpty }.map { part, names in
      let rest = names.count > 8 ? ", … (\(names.count) in all)" : ""
      return "\(part) \(names.prefix(8).joined(separator: ", "))\(rest)"
    }
    return words.isEmpty ? "in another order" : words.joined(separator: ", ")
  }

  /// A cell of a table without the blanks around it as a value, nil for what stands for none.
  ///
  /// - Parameter numbers: how the table writes its numbers.
  func value(
    ofCell text: String, for field: PatientField, _ numbers: inout TableNumbers
  ) -> FieldValue? {
    missingValues.contains(text) ? nil : field.value(ofCell: text, &numbers)
  }

  // MARK: Documented patients

  /// The patients whose drug the documentation names.
  public var documented: [LabelledPatient] {
    table.documented.map { documented in
      do throws(PatientError) {
        return LabelledPatient(try patient(documented), drugs.firstIndex(of: documented.drug)!)
      } catch {
        preconditionFailure("a documented patient was checked: \(error.problems)")
      }
    }
  }

  private func patient(_ documented: TableDescription.Documented) throws(PatientError) -> Patient {
    let unknown = documented.values.filter { field($0.field) == nil }
    guard unknown.isEmpty else {
      throw PatientError(
        problems: unknown.map {
          FieldProblem(
            pointer: "/\($0.field.jsonPointerEscaped)", code: .unknownField,
            detail: "no field has this name", allowed: fields.map(\.name).joined(separator: ", "))
        })
    }
    return try Patient(of: self) { field in
      documented.values.first { $0.field == field.name }?.value
    }
  }

  /// A patient whom each model is asked about to see whether it still answers as it did: the first of the
  /// documentation, or one with the first category and the middle of each number's limits.
  public var probe: Patient {
    documented.first?.patient
      ?? Patient(
        of: self,
        values: fields.map { field in
          guard field.levels.isEmpty else { return 0 }
          let middle = field.range.lowerBound / 2 + field.range.upperBound / 2
          let whole = middle.rounded(.down)
          return field.range.contains(whole) ? whole : middle
        })
  }
}

extension PatientSchema: Equatable {
  /// Whether both say the same.
  public static func == (a: PatientSchema, b: PatientSchema) -> Bool {
    a === b || a.digest == b.digest
  }
}
