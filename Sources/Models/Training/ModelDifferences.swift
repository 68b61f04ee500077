public import Patients
import RandomForest

/// In what the questions and drugs of one model are other than those of another.
public struct ModelDifferences: Encodable, Sendable, Equatable {
  /// What a model knows of patients.
  public struct Side: Sendable {
    /// What is measured.
    public let schema: PatientSchema
    /// The drugs that it can recommend.
    public let drugs: [String]
    /// How many patients of each drug it was trained on; nil where nobody knows.
    public let patients: [String: Int]?

    /// - Parameter drugs: nil for those of the schema.
    public init(_ schema: PatientSchema, drugs: [String]? = nil, patients: [String: Int]? = nil) {
      self.schema = schema
      self.drugs = drugs ?? schema.drugs
      self.patients = patients
    }

    /// A version as its papers tell of it.
    public init(_ details: ModelDetails) {
      self.init(
        details.schema,
        drugs: details.card.selfTest.keys.inByteOrder, patients: details.card.data?.classCounts)
    }
  }

  /// What is other in a field or a drug.
  public enum Change: String, Encodable, Sendable {
    /// Only the new model has it.
    case added
    /// Only the model before has it.
    case removed
    /// Both have it, otherwise described.
    case changed
    /// The model before has it, and of it the new one saw fewer than ten patients.
    case rare
  }

  /// What is other in a field that both have.
  public enum Aspect: String, Encodable, Sendable {
    case type, limits, categories, required, unit
  }

  /// The values that a field accepts.
  public struct Values: Encodable, Sendable, Equatable {
    /// The type, as a description has it.
    public let type: String
    /// What is accepted, in words.
    public let allowed: String
    /// The unit; nil for none.
    public let unit: String?
    /// Whether each patient must have a value.
    public let required: Bool
  }

  /// A field.
  public struct Field: Encodable, Sendable, Equatable {
    /// Its name.
    public let name: String
    /// What people call it.
    public let title: String
    /// What is other.
    public let change: Change
    /// What is other in a field that both have.
    public let what: [Aspect]
    /// What the model before accepts; nil for a field that it does not have.
    public internal(set) var before: Values?
    /// What the new one accepts; nil for a field that it does not have.
    public internal(set) var after: Values?
    /// The categories that only the new model knows, of a field of categories that both have.
    public internal(set) var added: [String]
    /// Those that only the model before knows.
    public internal(set) var removed: [String]
  }

  /// A drug.
  public struct Drug: Encodable, Sendable, Equatable {
    /// Its name.
    public let name: String
    /// What is other.
    public let change: Change
    /// How many patients of it the new model saw, of one that is rare.
    public let patients: Int?
  }

  /// Whether both answer the same questions with the same drugs, so that scores tell which is better.
  public let comparable: Bool
  /// Whether the same fields or drugs stand in another order.
  public let reordered: Bool
  /// The fields that are other, the removed ones first.
  public private(set) var fields: [Field]
  /// The drugs that are other, the removed ones first.
  public private(set) var drugs: [Drug]
  /// How many fields and drugs besides these are other.
  public private(set) var omitted = 0

  /// The most fields, and the most drugs, that are told of.
  static let maximumCount = 50
  /// The most categories of a field that are told of.
  static let maximumCategoryCount = 30

  /// Finds out what is other; nil when nothing is.
  public init?(from before: Side, to after: Side) {
    let (old, new) = (before.schema, after.schema)
    let own = Dictionary(uniqueKeysWithValues: new.fields.map { ($0.name, $0) })
    let known = Set(old.fields.map(\.name))
    let removed = old.fields.filter { own[$0.name] == nil }
      .map { Field($0, .removed, before: Values($0), after: nil) }
    let added = new.fields.filter { !known.contains($0.name) }
      .map { Field($0, .added, before: nil, after: Values($0)) }
    let changed =
      old == new
      ? []
      : old.fields.compactMap { field in own[field.name].flatMap { Field(field, becoming: $0) } }
    var drugs = before.drugs.filter { !after.drugs.contains($0) }
      .map { Drug(name: $0, change: .removed, patients: nil) }
    drugs += after.drugs.filter { !before.drugs.contains($0) }
      .map { Drug(name: $0, change: .added, patients: nil) }
    if let patients = after.patients {
      drugs += before.drugs.filter(after.drugs.contains).compactMap { drug in
        let count = patients[drug] ?? 0
        return count < Training.Judgement.leastPatientCount
          ? Drug(name: drug, change: .rare, patients: count) : nil
      }
    }
    comparable = old.agrees(with: new) && before.drugs == after.drugs
    let isSame =
      removed.isEmpty && added.isEmpty
      && old.features.allSatisfy { own[$0.name]?.feature == $0 }
    reordered = !comparable && isSame && Set(before.drugs) == Set(after.drugs)
    fields = removed + added + changed
    self.drugs = drugs
    guard reordered || !fields.isEmpty || !drugs.isEmpty else { return nil }
    limit(to: Self.maximumCount)
  }

  /// As a list of versions tells of it: a few fields and drugs, without their values.
  public var brief: Self {
    var brief = self
    brief.limit(to: 8)
    for index in brief.fields.indices {
      brief.fields[index].before = nil
      brief.fields[index].after = nil
      brief.fields[index].added = []
      brief.fields[index].removed = []
    }
    return brief
  }

  private mutating func limit(to count: Int) {
    omitted += max(0, fields.count - count) + max(0, drugs.count - count)
    fields = Array(fields.prefix(count))
    drugs = Array(drugs.prefix(count))
  }
}

extension ModelDifferences.Values {
  init(_ field: PatientField) {
    type = field.description.type.rawValue
    allowed = field.allowed
    unit = field.description.unit
    required = field.isRequired
  }
}

extension ModelDifferences.Field {
  fileprivate init(
    _ field: PatientField, _ change: ModelDifferences.Change, before: ModelDifferences.Values?,
    after: ModelDifferences.Values?, what: [ModelDifferences.Aspect] = [], added: [String] = [],
    removed: [String] = []
  ) {
    name = field.name
    title = field.title
    self.change = change
    self.what = what
    self.before = before
    self.after = after
    let limit = ModelDifferences.maximumCategoryCount
    self.added = Array(added.prefix(limit))
    self.removed = Array(removed.prefix(limit))
  }

  /// What is other in a field; nil when it accepts the same values.
  fileprivate init?(_ old: PatientField, becoming new: PatientField) {
    var what: [ModelDifferences.Aspect] = []
    if old.description.type != new.description.type { what.append(.type) }
    var (added, removed): ([String], [String]) = ([], [])
    switch (old.domain, new.domain) {
    case (.number(let before), .number(let after)):
      if before != after, what.isEmpty || before.range != after.range { what.append(.limits) }
    case (.category(let before), .category(let after)):
      let (old, new) = (Set(before), Set(after))
      added = after.filter { !old.contains($0) }
      removed = before.filter { !new.contains($0) }
      if !added.isEmpty || !removed.isEmpty { what.append(.categories) }
    default: what.append(.categories)
    }
    if old.isRequired != new.isRequired { what.append(.required) }
    if old.description.unit != new.description.unit { what.append(.unit) }
    guard !what.isEmpty else { return nil }
    self.init(
      new, .changed, before: ModelDifferences.Values(old), after: ModelDifferences.Values(new),
      what: what, added: added, removed: removed)
  }
}
