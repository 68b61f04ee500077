extension TableDescription {
  /// The Table Schema in JSON, the members in one order, whatever order they were written in.
  package var json: JSONValue {
    var members = JSONMembers()
    members.add("fields", .array(fields.map(\.json)))
    members.add("missingValues", missingValues)
    members.add("target", target)
    // A field of this name is measured, unless the description says that it is the count.
    if field(count) == nil { members.add("count", count) }
    members.add("group", group)
    if !documented.isEmpty { members.add("documented", .array(documented.map(\.json))) }
    members.add("purpose", purpose)
    members.add("notFor", notFor)
    members.add("limits", limits)
    return members.value
  }
}

/// The members of an object, without those that nobody has told.
struct JSONMembers {
  private var members: [JSONValue.Member] = []

  var value: JSONValue { .object(members) }

  mutating func add(_ name: String, _ value: JSONValue) {
    members.append(JSONValue.Member(name: name, value: value))
  }

  mutating func add(_ name: String, _ text: String?) {
    if let text { add(name, .string(text)) }
  }

  mutating func add(_ name: String, _ number: Double?) {
    if let number { add(name, .number(number.plain)) }
  }

  mutating func add(_ name: String, _ texts: [String]?) {
    if let texts { add(name, .array(texts.map { .string($0) })) }
  }
}

extension TableDescription.Field {
  /// The field as an object of JSON.
  var json: JSONValue {
    var members = JSONMembers()
    members.add("name", name)
    members.add("title", title)
    members.add("description", summary)
    members.add("type", type.rawValue)
    members.add("unit", unit)
    if !aliases.isEmpty { members.add("aliases", aliases) }
    members.add("constraints", constraints)
    if let categories {
      if type == .boolean {
        members.add("falseValues", [categories[0].value] + categories[0].aliases)
        members.add("trueValues", [categories[1].value] + categories[1].aliases)
      }
      members.add("categories", .array(categories.map { json(of: $0) }))
    }
    if let bins {
      var own = JSONMembers()
      own.add("edges", .array(bins.edges.map { .number($0.plain) }))
      own.add("labels", bins.labels)
      members.add("bins", own.value)
    }
    if let ratio {
      var own = JSONMembers()
      for (name, part) in zip(["of", "to"], ratio.parts) { own.add(name, part.json) }
      own.add("places", ratio.places.map(Double.init))
      members.add("ratio", own.value)
    }
    if let example { members.add("example", example.json) }
    return members.value
  }

  private var constraints: JSONValue {
    var members = JSONMembers()
    members.add("required", .bool(isRequired))
    members.add(limits.excludesMinimum ? "exclusiveMinimum" : "minimum", limits.minimum)
    members.add(limits.excludesMaximum ? "exclusiveMaximum" : "maximum", limits.maximum)
    if let categories, type != .boolean {
      members.add("enum", .array(categories.map { json(ofValue: $0.value) }))
    }
    return members.value
  }

  private func json(of category: TableDescription.Category) -> JSONValue {
    var members = JSONMembers()
    members.add("value", json(ofValue: category.value))
    members.add("label", category.label)
    if !category.aliases.isEmpty, type != .boolean { members.add("aliases", category.aliases) }
    return members.value
  }

  private func json(ofValue value: String) -> JSONValue {
    switch type {
    case .string: .string(value)
    case .integer, .number: .number(value)
    case .boolean: .bool(value == "true")
    }
  }
}

extension TableDescription.Documented {
  fileprivate var json: JSONValue {
    var members = JSONMembers()
    members.add("title", title)
    members.add(
      "patient",
      .object(values.map { JSONValue.Member(name: $0.field, value: $0.value.json) }))
    members.add("drug", drug)
    return members.value
  }
}
