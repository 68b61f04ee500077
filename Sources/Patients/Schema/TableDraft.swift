/// A description of a table as its cells suggest it, for a person to mend.
public struct TableDraft: Sendable {
  /// What a column seems to be.
  enum Part {
    case field(TableDescription.Field)
    case count
    /// No measurement, and why.
    case none(String)
  }

  /// The description, checked as any other is.
  public let description: TableDescription
  /// What a person should look at, a sentence each.
  public private(set) var notes: [String] = []
  let survey: TableSurvey
  let parts: [Part]

  /// What stands in a cell of numbers where there is none, in small letters.
  private static let usualMissingValues: Set = [
    "na", "n/a", "#n/a", "nan", "null", "nil", "none", "?", "-", "--", ".", "missing", "unknown",
  ]
  /// What the drug's column may be called, without what people write in different ways.
  private static let drugNames = [
    "drug", "medicine", "medication", "therapy", "treatment", "target", "class", "label", "outcome",
    "diagnosis", "result", "response", "species", "y",
  ]
  /// What divides the reports into groups, if it is measured.
  private static let groupNames: Set = ["sex", "gender"]
  /// What tells one patient from the others.
  private static let identifierNames: Set = [
    "id", "patientid", "patient", "caseid", "recordid", "rowid", "index", "name", "mrn",
  ]

  /// Drafts a description of a file.
  ///
  /// - Parameter target: the column that is the drug; nil for the one that is called like it, or else the
  ///   last of texts that repeat.
  /// - Throws: `TableError` when the file cannot be read, `DescriptionError` when no model can be made of
  ///   such a table, whoever describes it.
  public init(path: String, target: String? = nil) throws {
    let first = try TableSurvey(path: path)
    guard first.rowCount > 0 else {
      throw TableError(message: "the file has no row below its header").naming(path)
    }
    let missing = Self.missingValues(first)
    survey = missing.isEmpty ? first : try TableSurvey(path: path, missingValues: missing)
    let names = survey.columns.map(\.name)
    do throws(DescriptionError) {
      if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
        throw DescriptionError("", "column \(twice.printable) stands twice: rename one of them")
      }
      let (drug, note) = try Self.drug(target, in: survey)
      let isCounted = names[drug] != "count"
      let survey = survey
      parts = survey.columns.enumerated().map { index, column in
        index == drug
          ? .field(Self.field(column, isDrug: true))
          : Self.part(column, of: survey, mayBeCount: isCounted)
      }
      var fields: [TableDescription.Field] = []
      for case .field(let field) in parts { fields.append(field) }
      var table = TableDescription(fields: fields, target: names[drug])
      table.path = path.split(separator: "/").last.map(String.init)
      table.missingValues = [""] + missing
      table.group =
        fields.first {
          Self.groupNames.contains($0.name.foldedName) && $0.name != names[drug] && !$0.isNumber
        }?.name
      description = table
      if let note { notes.append(note) }
      // Whoever is given the draft can use it as it is.
      let read = try TableDescription(parsing: Array(text.utf8))
      _ = try PatientSchema(read)
    } catch {
      throw error.naming(path)
    }
    notes += remarks(missing)
  }

  /// What stands for no value in columns that are numbers otherwise.
  private static func missingValues(_ survey: TableSurvey) -> [String] {
    var found: Set<String> = []
    for column in survey.columns where column.numberCount > 0 {
      guard let words = column.words,
        words.allSatisfy({ usualMissingValues.contains($0.lowercased()) })
      else { continue }
      found.formUnion(words)
    }
    return found.inByteOrder
  }

  /// The drug's column, and how it was found if nobody named it.
  private static func drug(
    _ target: String?, in survey: TableSurvey
  ) throws(DescriptionError) -> (index: Int, note: String?) {
    let columns = survey.columns
    func canBe(_ index: Int) -> Bool {
      let column = columns[index]
      return column.unfit == nil
        && 2...TableDescription.maximumDrugCount ~= column.values?.count ?? 0
    }
    if let target {
      guard let index = columns.firstIndex(where: { $0.name == target }) else {
        throw DescriptionError("", "no column is called \(target)")
      }
      if let unfit = columns[index].unfit {
        throw DescriptionError("", "\(target) has a value that \(unfit)")
      }
      guard canBe(index) else {
        let count = columns[index].values.map { "\($0.count)" } ?? "more than 1000"
        throw DescriptionError(
          "",
          "\(target) has \(count) different values: a drug is one of 2 to "
            + "\(TableDescription.maximumDrugCount)")
      }
      return (index, nil)
    }
    for name in drugNames {
      if let index = columns.indices.last(where: {
        columns[$0].name.foldedName == name && canBe($0)
      }) {
        return (
          index,
          "\(columns[index].name) is taken for the drug, by its name; --target names another"
        )
      }
    }
    let last = columns.indices.last { index in
      canBe(index) && !columns[index].isNumber
        && columns[index].values!.count * 2 <= columns[index].valueCount
    }
    guard let last else {
      throw DescriptionError("", "no column looks like the drug: name it with --target")
    }
    return (
      last,
      "\(columns[last].name) is taken for the drug, the last column of texts that repeat; --target "
        + "names another"
    )
  }

  private static func part(
    _ column: TableSurvey.Column, of survey: TableSurvey, mayBeCount: Bool
  ) -> Part {
    if let problem = DescriptionPart.problem(ofName: column.name) {
      return .none("its name \(problem)")
    }
    if column.valueCount == 0 { return .none("it holds no value") }
    if mayBeCount, column.name == "count", column.isNumber, column.isWhole,
      column.missingCount == 0, column.range!.lowerBound >= 1
    {
      return .count
    }
    // As many values as patients tell who they are, and nothing of the next one.
    let isDistinct = (column.values?.count ?? .max) >= column.valueCount
    let isNamed = identifierNames.contains(column.name.foldedName)
    if column.isNumber {
      if column.isWhole, survey.rowCount > 10, column.missingCount == 0, column.isCounted {
        return .none("it numbers the rows")
      }
      if column.isWhole, isNamed, isDistinct || column.values == nil {
        return .none("it tells one patient from another, by its name")
      }
      return .field(field(column))
    }
    if let unfit = column.unfit { return .none("a value \(unfit)") }
    guard let values = column.values else {
      return .none("it has more than \(TableDescription.maximumCategoryCount) different texts")
    }
    if values.allSatisfy(\.isDate) {
      return .none("a date is no measurement: write the days or years that have gone by")
    }
    if values.count > 10, values.count * 2 > column.valueCount || (isNamed && isDistinct) {
      return .none("nearly every row has a text of its own")
    }
    return .field(field(column))
  }

  private static func field(
    _ column: TableSurvey.Column, isDrug: Bool = false
  ) -> TableDescription.Field {
    var field: TableDescription.Field
    if column.isNumber {
      field = TableDescription.Field(name: column.name, type: column.isWhole ? .integer : .number)
      if isDrug {
        field.categories = Set((column.values ?? []).compactMap { Double(decimal: $0) }).sorted()
          .map { TableDescription.Category($0.plain) }
      } else if let range = column.range {
        field.limits = NumberLimits(isWhole: column.isWhole, around: range)
      }
    } else if let names = column.truthValues {
      field = TableDescription.Field(name: column.name, type: .boolean)
      for level in 0...1 {
        field.categories![level].aliases =
          names[level].filter { $0 != field.categories![level].value }
      }
    } else {
      field = TableDescription.Field(name: column.name, type: .string)
      field.categories = (column.values ?? []).map(TableDescription.Category.init)
    }
    field.isRequired = column.missingCount == 0
    return field
  }
}

extension TableSurvey.Column {
  /// The spellings of false and of true, if the column has no other values.
  fileprivate var truthValues: [[String]]? {
    guard let values, !values.isEmpty else { return nil }
    let spellings = ["false", "true"].map { word in values.filter { $0.lowercased() == word } }
    return spellings[0].count + spellings[1].count == values.count ? spellings : nil
  }
}

extension String {
  /// Whether this is a day, perhaps with a time behind it, as `2024-01-31`, `31.1.2024` or `1/31/2024`.
  fileprivate var isDate: Bool {
    let parts = prefix { !$0.isWhitespace && $0 != "T" }.split(
      omittingEmptySubsequences: false, whereSeparator: { "-./".contains($0) })
    return parts.count == 3 && parts.count { $0.utf8.count == 4 } == 1
      && parts.allSatisfy { part in
        [1, 2, 4].contains(part.utf8.count) && part.utf8.allSatisfy { 0x30...0x39 ~= $0 }
      }
  }
}

extension NumberLimits {
  /// Limits as a draft has them: as far again as half of what was seen on each side, on round numbers, and
  /// not below zero where nothing was.
  init(isWhole: Bool, around range: ClosedRange<Double>) {
    self.init(isWhole: isWhole)
    let (low, high) = (range.lowerBound, range.upperBound)
    let reach = high > low ? (high / 2 - low / 2) : max(abs(low) / 2, 1)
    // What is left of two numbers that are nearly alike is nothing.
    func end(_ number: Double) -> Double { number.magnitude < reach * 1e-9 ? 0 : number }
    let least = end(low - reach).rounded(to: 2, .down)
    let most = end(high + reach).rounded(to: 2, .up)
    minimum = low >= 0 && least < 0 ? 0 : least
    maximum = high <= 0 && most > 0 ? 0 : most
    if isWhole {
      minimum?.round(.down)
      maximum?.round(.up)
    }
    // A rounding error, or a number that is too large, must not refuse what was seen.
    minimum = minimum.flatMap { $0.isFinite ? min($0, low) : nil }
    maximum = maximum.flatMap { $0.isFinite ? max($0, high) : nil }
  }
}

extension Double {
  /// The number on so many digits that count.
  fileprivate func rounded(to digitCount: Int, _ rule: FloatingPointRoundingRule) -> Double {
    guard self != 0, isFinite else { return self }
    var unit = 1.0
    while magnitude / unit >= 10 { unit *= 10 }
    while magnitude / unit < 1 { unit /= 10 }
    for _ in 1..<digitCount { unit /= 10 }
    // Divided by a power of ten, a tenth is the nearest number to it; multiplied it is not.
    return unit >= 1
      ? (self / unit).rounded(rule) * unit : (self / unit).rounded(rule) / (1 / unit).rounded()
  }
}
