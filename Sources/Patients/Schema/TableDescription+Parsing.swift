import POSIX

extension TableDescription {
  /// The name of the file that describes the data beside it.
  public static let fileName = "datapackage.json"

  /// Reads a description: a Data Package, one of its resources, or a Table Schema alone.
  ///
  /// - Parameters:
  ///   - bytes: JSON.
  ///   - data: the file of the data, whose resource of a package is meant; of a package with a single
  ///     resource that one is, whatever it is called.
  /// - Throws: `DescriptionError` with the first place that is wrong.
  public init(parsing bytes: [UInt8], of data: String? = nil) throws(DescriptionError) {
    try self.init(DescriptionPart(value: try Self.json(bytes), pointer: ""), of: data)
  }

  private static func json(_ bytes: [UInt8]) throws(DescriptionError) -> JSONValue {
    do throws(JSONError) {
      return try JSONParser.parse(
        bytes, JSONBudget(values: 1 << 20, elements: 1 << 16, members: maximumFieldCount + 50))
    } catch {
      throw DescriptionError(error.pointer, error.detail)
    }
  }

  private init(_ whole: DescriptionPart, of data: String?) throws(DescriptionError) {
    _ = try whole.members
    try self.init(resource: try Self.resource(of: whole, for: data))
  }

  /// The part that describes a file of data, of a package with a single resource that one.
  private static func resource(
    of whole: DescriptionPart, for data: String?
  ) throws(DescriptionError) -> DescriptionPart {
    guard let resources = whole["resources"] else { return whole }
    let all = try resources.elements
    let name = data.map(lastName)
    let named = all.first { name != nil && Self.name(ofDataOf: $0) == name }
    guard let resource = named ?? (all.count == 1 ? all[0] : nil) else {
      throw resources.wrong(
        all.isEmpty
          ? "names no table" : "names \(all.count) tables, none of them \(name ?? "alone")")
    }
    return resource
  }

  /// The name of the file that a resource describes; nil when it names none.
  private static func name(ofDataOf resource: DescriptionPart) -> String? {
    (try? resource["path"]?.sentence).map(lastName)
  }

  private static func lastName(_ path: String) -> String {
    String(path.split(separator: "/").last ?? "")
  }

  /// Reads a description from a file.
  ///
  /// - Throws: `DescriptionError`, with the path.
  public init(path: String, of data: String? = nil) throws(DescriptionError) {
    do throws(DescriptionError) {
      try self.init(parsing: try Self.content(of: path), of: data)
    } catch {
      throw error.naming(path)
    }
  }

  /// The file that may describe a file of data: the one beside it.
  static func path(besides data: String) -> String {
    (data.lastIndex(of: "/").map { String(data[...$0]) } ?? "") + fileName
  }

  /// The description beside a file of data; nil when there is none, or only one of other tables.
  ///
  /// - Throws: `DescriptionError` for one that is there and wrong.
  public init?(besides data: String) throws(DescriptionError) {
    let path = Self.path(besides: data)
    guard FileStatus.exists(path) else { return nil }
    do throws(DescriptionError) {
      let whole = DescriptionPart(value: try Self.json(try Self.content(of: path)), pointer: "")
      // What is wrong with the description of another table is no matter of this one.
      let parts = try whole["resources"]?.elements ?? [whole]
      let names = parts.map(Self.name(ofDataOf:))
      guard names.contains(Self.lastName(data)) || names == [nil] else { return nil }
      try self.init(whole, of: data)
    } catch {
      throw error.naming(path)
    }
  }

  private static func content(of path: String) throws(DescriptionError) -> [UInt8] {
    do throws(SystemError) {
      let (file, status) = try FileDescriptor.regular(path)
      defer { file.close() }
      guard status.size <= maximumSize else {
        throw SystemError(
          "read", path, reason: "the file has more than \(maximumSize.grouped) bytes")
      }
      return try file.bytes(status.size)
    } catch {
      throw DescriptionError("", error.reason)
    }
  }

  private init(resource: DescriptionPart) throws(DescriptionError) {
    if case .string? = resource["schema"]?.value {
      throw resource["schema"]!.wrong("is in a file of its own: put it here")
    }
    let schema = resource["schema"] ?? resource
    _ = try schema.members
    guard let parts = schema["fields"] else {
      throw DescriptionError("\(schema.pointer)/fields", "is missing: a list of the columns")
    }
    var fields: [Field] = []
    var leftOut: [LeftOut] = []
    var places: [String: Int] = [:]
    let count = try schema["count"]?.name
    for (index, part) in try parts.elements.enumerated() {
      let name = try part.required("name").name
      let type = try part["type"]?.name ?? "string"
      if name == count {
        leftOut.append(LeftOut(name: name, reason: "it tells how many patients a row stands for"))
      } else if Self.unmeasured.contains(type) {
        leftOut.append(LeftOut(name: name, reason: "\(type) is no measurement"))
      } else {
        fields.append(try Self.field(part, name, type))
        places[name] = index
      }
    }
    self.init(fields: fields, target: try schema["target"]?.name)
    self.leftOut = leftOut
    place = schema.pointer
    placeOfField = places
    path = try? resource["path"]?.sentence
    self.count = count ?? "count"
    group = try schema["group"]?.name
    missingValues = try Self.missingValues(schema["missingValues"]) ?? [""]
    documented = try Self.documented(schema["documented"])
    purpose = try schema["purpose"]?.sentence
    notFor = try schema["notFor"]?.sentence
    if let limits = schema["limits"] {
      self.limits = try limits.elements.map { part throws(DescriptionError) in try part.sentence }
    }
  }

  private static let unmeasured: Set = [
    "any", "object", "array", "list", "datetime", "date", "time", "yearmonth", "duration",
    "geopoint", "geojson",
  ]

  private static func field(
    _ part: DescriptionPart, _ name: String, _ typeName: String
  ) throws(DescriptionError) -> Field {
    guard let type = FieldType(rawValue: typeName == "year" ? "integer" : typeName) else {
      throw (part["type"] ?? part).wrong(
        "must be one of \(FieldType.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    var field = Field(name: name, type: type)
    field.title = try part["title"]?.sentence
    field.summary = try part["description"]?.sentence
    field.unit = try part["unit"]?.sentence
    field.aliases = try part["aliases"]?.names ?? []
    field.example = part["example"].map { FieldValue($0.value) }
    let constraints = part["constraints"]
    _ = try constraints?.members
    field.isRequired = try constraints?["required"]?.bool ?? false
    if let categories = try categories(part, constraints, type) { field.categories = categories }
    if field.isNumber {
      field.limits = try limits(constraints, field.limits)
      if let bins = part["bins"] { field.bins = try Self.bins(bins) }
    } else if let bins = part["bins"] {
      throw bins.wrong("only a number is put into bins")
    }
    if let ratio = part["ratio"] {
      guard field.isNumber, type == .number else {
        throw ratio.wrong("only a field of the type number is a ratio")
      }
      field.ratio = try Self.ratio(ratio, isRequired: field.isRequired)
    }
    return field
  }

  private static func ratio(
    _ part: DescriptionPart, isRequired: Bool
  ) throws(DescriptionError) -> Ratio {
    func number(_ part: DescriptionPart) throws(DescriptionError) -> Field {
      guard case .object = part.value else {
        var field = Field(name: try part.name, type: .number)
        field.isRequired = isRequired
        return field
      }
      var field = try Self.field(
        part, try part.required("name").name, try part["type"]?.name ?? "number")
      guard field.isNumber, field.ratio == nil, field.bins == nil else {
        throw part.wrong("must be a plain number")
      }
      field.isRequired = isRequired
      return field
    }
    let places = try part["places"].map { part throws(DescriptionError) in
      guard let places = Int(exactly: try part.number), 0...9 ~= places else {
        throw part.wrong("must be a whole number from 0 to 9")
      }
      return places
    }
    return Ratio(
      of: try number(part.required("of")), to: try number(part.required("to")), places: places)
  }

  private static func categories(
    _ part: DescriptionPart, _ constraints: DescriptionPart?, _ type: FieldType
  ) throws(DescriptionError) -> [Category]? {
    guard type != .boolean else {
      var categories = [Category("false"), Category("true")]
      for (index, name) in ["falseValues", "trueValues"].enumerated() {
        categories[index].aliases =
          try part[name]?.names.filter { $0 != categories[index].value }
          ?? (index == 0 ? ["False", "FALSE", "0"] : ["True", "TRUE", "1"])
      }
      if let labels = part["categories"] {
        for told in try labels.elements {
          let own = try category(told)
          guard let index = categories.firstIndex(where: { $0.value == own.value }) else {
            throw told.wrong("must be true or false")
          }
          categories[index].label = own.label
        }
      }
      if let twice = categories[1].aliases.first(where: {
        $0 == "false" || categories[0].aliases.contains($0)
      }) {
        throw (part["trueValues"] ?? part).wrong("\(twice) is false too")
      }
      if categories[0].aliases.contains("true") {
        throw (part["falseValues"] ?? part).wrong("true is true too")
      }
      return categories
    }
    let enumeration = try constraints?["enum"].map { part throws(DescriptionError) in
      try list(part, type)
    }
    guard let told = part["categories"] else { return enumeration }
    let categories = try list(told, type)
    if let enumeration, Set(enumeration.map(\.value)) != Set(categories.map(\.value)) {
      throw constraints!["enum"]!.wrong("must be the values of the categories")
    }
    return categories
  }

  /// A list of values.
  private static func list(
    _ list: DescriptionPart, _ type: FieldType
  ) throws(DescriptionError) -> [Category] {
    let elements = try list.elements
    guard 1...maximumCategoryCount ~= elements.count else {
      throw list.wrong("must have 1 to \(maximumCategoryCount) values")
    }
    var categories: [Category] = []
    var names: Set<String> = []
    for element in elements {
      var own = try category(element)
      if type != .string {
        guard let number = Double(decimal: own.value), number.isFinite else {
          throw element.wrong("must be a number")
        }
        guard type == .number || number == number.rounded() else {
          throw element.wrong("must be a whole number")
        }
        own.value = number.plain
      }
      for name in [own.value] + own.aliases where !names.insert(name).inserted {
        throw element.wrong("\(name) stands twice")
      }
      categories.append(own)
    }
    return categories
  }

  private static func category(_ part: DescriptionPart) throws(DescriptionError) -> Category {
    guard case .object = part.value else { return Category(try part.categoryName) }
    var category = Category(try part.required("value").categoryName)
    category.label = try part["label"]?.sentence
    category.aliases = try part["aliases"]?.names ?? []
    return category
  }

  private static func limits(
    _ constraints: DescriptionPart?, _ unlimited: NumberLimits
  ) throws(DescriptionError) -> NumberLimits {
    guard let constraints else { return unlimited }
    var limits = unlimited
    limits.minimum = try constraints["minimum"]?.number
    limits.maximum = try constraints["maximum"]?.number
    if let bound = try constraints["exclusiveMinimum"]?.number,
      limits.minimum.map({ bound >= $0 }) ?? true
    {
      limits.minimum = bound
      limits.excludesMinimum = true
    }
    if let bound = try constraints["exclusiveMaximum"]?.number,
      limits.maximum.map({ bound <= $0 }) ?? true
    {
      limits.maximum = bound
      limits.excludesMaximum = true
    }
    guard limits.range != nil else { throw constraints.wrong("leave no number") }
    return limits
  }

  private static func bins(_ part: DescriptionPart) throws(DescriptionError) -> Bins {
    let edges = try part.required("edges")
    let labels = try part.required("labels")
    let bins = Bins(
      edges: try edges.elements.map { part throws(DescriptionError) in try part.number },
      labels: try labels.names)
    guard 1...100 ~= bins.edges.count, zip(bins.edges, bins.edges.dropFirst()).allSatisfy(<) else {
      throw edges.wrong("must be 1 to 100 ascending numbers")
    }
    guard bins.labels.count == bins.edges.count + 1, Set(bins.labels).count == bins.labels.count
    else { throw labels.wrong("must be \(bins.edges.count + 1) different names") }
    return bins
  }

  private static func missingValues(
    _ part: DescriptionPart?
  ) throws(DescriptionError) -> [String]? {
    guard let part else { return nil }
    return try part.elements.map { element throws(DescriptionError) in
      let value = element["value"] ?? element
      guard case .string(let text) = value.value else { throw value.wrong("must be a text") }
      return text
    }
  }

  private static func documented(
    _ part: DescriptionPart?
  ) throws(DescriptionError) -> [Documented] {
    guard let part else { return [] }
    return try part.elements.map { element throws(DescriptionError) in
      let patient = try element.required("patient")
      return Documented(
        title: try element["title"]?.sentence,
        values: try patient.members.map {
          Documented.Value(field: $0.name, value: FieldValue($0.value))
        }, drug: try element.required("drug").categoryName)
    }
  }
}
