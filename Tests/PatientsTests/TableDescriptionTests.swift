import FoundationEssentials
import RandomForest
import TestSupport
import Testing

@testable import Patients

/// A Table Schema with a drug and one more field, whose members are these.
private func schema(_ members: String = "", _ others: String = "") -> String {
  """
  {"fields": [
    {"name": "X"\(members.isEmpty ? "" : ", " + members)},
    {"name": "Drug", "type": "string", "categories": ["a", "b"]}
  ], "target": "Drug"\(others.isEmpty ? "" : ", " + others)}
  """
}

private func read(_ text: String) throws(DescriptionError) -> PatientSchema {
  try PatientSchema(TableDescription(parsing: Array(text.utf8)))
}

/// What is said of a description that is refused; nil when it is accepted.
private func fault(of text: String) -> DescriptionError? {
  do throws(DescriptionError) {
    _ = try read(text)
    return nil
  } catch {
    return error
  }
}

@Suite struct TableDescriptionTests {
  @Test(
    arguments: [
      ("[]", "", "must be an object"),
      ("{\"fields\": 1}", "/fields", "must be a list"),
      ("{}", "/fields", "is missing: a list of the columns"),
      ("{\"schema\": \"x.json\"}", "/schema", "is in a file of its own: put it here"),
      ("{\"resources\": []}", "/resources", "names no table"),
      ("{\"fields\": [{}]}", "/fields/0/name", "is missing"),
      ("{\"fields\": [1]}", "/fields/0", "must be an object"),
      ("{\"schema\": []}", "/schema", "must be an object"),
      ("{\"resources\": [\"t\"]}", "/resources/0", "must be an object"),
      (schema("\"type\": \"number\", \"bins\": 1"), "/fields/0/bins", "must be an object"),
      (schema("\"type\": \"number\"", "\"documented\": [1]"), "/documented/0", "must be an object"),
      ("{\"fields\": [{\"name\": \"\"}]}", "/fields/0/name", "must have 1 to 100 bytes"),
      (
        "{\"fields\": [{\"name\": \"a\\nb\"}]}", "/fields/0/name",
        "has a character that nobody can see"
      ),
      (
        "{\"fields\": [{\"name\": \" a\"}]}", "/fields/0/name", "must not begin or end with a blank"
      ),
      (
        schema("\"type\": \"text\""), "/fields/0/type",
        "must be one of integer, number, string, boolean"
      ),
      (schema("\"type\": 1"), "/fields/0/type", "must be a text"),
      (
        schema("\"type\": \"string\""), "/fields/0/categories",
        "is missing, and no table tells the values"
      ),
      (schema("\"categories\": []"), "/fields/0/categories", "must have 1 to 1000 values"),
      (schema("\"categories\": [\"a\", \"a\"]"), "/fields/0/categories/1", "a stands twice"),
      (
        schema("\"categories\": [{\"value\": \"a\", \"aliases\": [\"b\"]}, \"b\"]"),
        "/fields/0/categories/1", "b stands twice"
      ),
      (
        schema("\"categories\": [{\"label\": \"a\"}]"), "/fields/0/categories/0/value", "is missing"
      ),
      (schema("\"categories\": [null]"), "/fields/0/categories/0", "must be a text or a number"),
      (
        schema("\"categories\": [\"a\"], \"constraints\": {\"enum\": [\"b\"]}"),
        "/fields/0/constraints/enum", "must be the values of the categories"
      ),
      (
        schema("\"type\": \"integer\", \"categories\": [1.5]"), "/fields/0/categories/0",
        "must be a whole number"
      ),
      (
        schema("\"type\": \"integer\", \"categories\": [1, \"1.0\"]"), "/fields/0/categories/1",
        "1 stands twice"
      ),
      (
        schema("\"type\": \"number\", \"categories\": [\"x\"]"), "/fields/0/categories/0",
        "must be a number"
      ),
      (
        schema("\"type\": \"number\", \"categories\": [\"1e999\"]"), "/fields/0/categories/0",
        "must be a number"
      ),
      (
        schema("\"type\": \"number\", \"constraints\": []"), "/fields/0/constraints",
        "must be an object"
      ),
      (
        schema("\"type\": \"number\", \"constraints\": {\"required\": \"yes\"}"),
        "/fields/0/constraints/required", "must be true or false"
      ),
      (
        schema("\"type\": \"number\", \"constraints\": {\"minimum\": \"x\"}"),
        "/fields/0/constraints/minimum", "must be a number"
      ),
      (
        schema("\"type\": \"number\", \"constraints\": {\"minimum\": \"0x10\"}"),
        "/fields/0/constraints/minimum", "must be a number"
      ),
      (
        schema("\"type\": \"number\", \"constraints\": {\"maximum\": 1e999}"),
        "/fields/0/constraints/maximum", "must be a number"
      ),
      (
        schema("\"type\": \"number\", \"constraints\": {\"minimum\": 2, \"maximum\": 1}"),
        "/fields/0/constraints", "leave no number"
      ),
      (
        schema(
          "\"type\": \"integer\", \"constraints\": {\"exclusiveMinimum\": 1, \"exclusiveMaximum\": 2}"
        ), "/fields/0/constraints", "leave no number"
      ),
      (
        schema("\"type\": \"number\", \"bins\": {\"edges\": [1]}"), "/fields/0/bins/labels",
        "is missing"
      ),
      (
        schema(
          "\"type\": \"number\", \"bins\": {\"edges\": [2, 1], \"labels\": [\"a\", \"b\", \"c\"]}"),
        "/fields/0/bins/edges", "must be 1 to 100 ascending numbers"
      ),
      (
        schema("\"type\": \"number\", \"bins\": {\"edges\": [1], \"labels\": [\"a\", \"a\"]}"),
        "/fields/0/bins/labels", "must be 2 different names"
      ),
      (
        schema("\"categories\": [\"a\"], \"bins\": {}"), "/fields/0/bins",
        "only a number is put into bins"
      ),
      (
        schema("\"type\": \"boolean\", \"trueValues\": [\"false\"]"), "/fields/0/trueValues",
        "false is false too"
      ),
      (
        schema("\"type\": \"boolean\", \"falseValues\": [\"true\"]"), "/fields/0/falseValues",
        "true is true too"
      ),
      (
        schema("\"type\": \"boolean\", \"trueValues\": [\"j\"], \"falseValues\": [\"j\"]"),
        "/fields/0/trueValues", "j is false too"
      ),
      (
        schema("\"type\": \"boolean\", \"categories\": [\"maybe\"]"), "/fields/0/categories/0",
        "must be true or false"
      ),
      (
        schema("\"type\": \"number\", \"example\": \"x\""), "/fields/0/example",
        "X must be a number"
      ),
      (
        schema("\"type\": \"number\", \"example\": 1e999"), "/fields/0/example",
        "X must be a number"
      ),
      (schema("\"type\": \"number\", \"example\": [1]"), "/fields/0/example", "X must be a number"),
      (
        schema("\"categories\": [\"a\"], \"example\": \"b\""), "/fields/0/example",
        "X must be one of a"
      ),
      (
        schema("\"categories\": [\"a\"]", "\"missingValues\": [\"a\"]"), "/fields/0/categories/0",
        "a stands for a value that is missing"
      ),
      (
        schema("\"type\": \"number\"", "\"missingValues\": [1]"), "/missingValues/0",
        "must be a text"
      ),
      (
        schema("\"type\": \"number\", \"aliases\": [\"Drug\"]"), "/fields/1/name",
        "Drug stands twice"
      ),
      (
        schema("\"type\": \"number\", \"aliases\": [\"Y\", \"X\"]"), "/fields/0/aliases/1",
        "X stands twice"
      ),
      (
        schema("\"type\": \"number\"", "\"group\": \"X\""), "/group",
        "X is no field with categories"
      ),
      (schema("\"type\": \"number\"", "\"limits\": [1]"), "/limits/0", "must be a text"),
      (
        schema("\"type\": \"number\"", "\"documented\": [{\"drug\": \"a\"}]"),
        "/documented/0/patient", "is missing"
      ),
      (
        schema(
          "\"type\": \"number\"", "\"documented\": [{\"patient\": {\"X\": 1}, \"drug\": \"c\"}]"),
        "/documented/0/drug", "is no drug of the table"
      ),
      (
        schema(
          "\"type\": \"number\"", "\"documented\": [{\"patient\": {\"X\": \"1\"}, \"drug\": \"a\"}]"
        ), "/documented/0/patient/X", "X must be a number"
      ),
      (
        schema(
          "\"type\": \"number\"", "\"documented\": [{\"patient\": {\"a/b\": 1}, \"drug\": \"a\"}]"),
        "/documented/0/patient/a~1b", "no field has this name"
      ),
      (
        schema("\"type\": \"integer\", \"ratio\": {\"of\": \"a\", \"to\": \"b\"}"),
        "/fields/0/ratio", "only a field of the type number is a ratio"
      ),
      (
        schema("\"categories\": [\"a\"], \"ratio\": {}"), "/fields/0/ratio",
        "only a field of the type number is a ratio"
      ),
      (schema("\"type\": \"number\", \"ratio\": 1"), "/fields/0/ratio", "must be an object"),
      (
        schema("\"type\": \"number\", \"ratio\": {\"of\": \"a\"}"), "/fields/0/ratio/to",
        "is missing"
      ),
      (
        schema("\"type\": \"number\", \"ratio\": {\"of\": \"a\", \"to\": \"a\"}"),
        "/fields/0/ratio/to/name", "a stands twice"
      ),
      (
        schema("\"type\": \"number\", \"ratio\": {\"of\": \"X\", \"to\": \"b\"}"),
        "/fields/0/ratio/of/name", "X stands twice"
      ),
      (
        schema("\"type\": \"number\", \"ratio\": {\"of\": \"count\", \"to\": \"b\"}"),
        "/fields/0/ratio/of/name", "count stands twice"
      ),
      (
        schema(
          "\"type\": \"number\", \"ratio\": {\"of\": \"a\", \"to\": "
            + "{\"name\": \"b\", \"type\": \"string\"}}"), "/fields/0/ratio/to",
        "must be a plain number"
      ),
      (
        schema(
          "\"type\": \"number\", \"ratio\": {\"of\": \"a\", \"to\": \"b\", \"places\": 2.5}"),
        "/fields/0/ratio/places", "must be a whole number from 0 to 9"
      ),
      (schema("\"type\": \"date\""), "/fields", "must be 1 to 250 besides the drug"),
      (
        "{\"fields\": [{\"name\": \"X\", \"type\": \"number\"}]}", "/target",
        "is missing: which field is the drug"
      ),
      (
        "{\"fields\": [{\"name\": \"X\", \"type\": \"number\"}], \"target\": \"Y\"}", "/target",
        "Y is no field"
      ),
      (
        "{\"fields\": [{\"name\": \"X\", \"type\": \"date\"}], \"target\": \"X\"}", "/target",
        "X is no field: date is no measurement"
      ),
      (
        "{\"fields\": [{\"name\": \"D\", \"type\": \"integer\"}, {\"name\": \"X\", \"type\": \"integer\"}], \"target\": \"D\"}",
        "/fields/0/categories", "must be 2 to 100 drugs"
      ),
      (
        "{\"fields\": [{\"name\": \"D\", \"categories\": [\"a\"]}, {\"name\": \"X\", \"type\": \"integer\"}], \"target\": \"D\"}",
        "/fields/0/categories", "must be 2 to 100 drugs"
      ),
    ])
  func whatIsWrongIsToldWithItsPointer(_ text: String, _ pointer: String, _ detail: String) {
    let error = fault(of: text)
    #expect(error?.pointer == pointer)
    #expect(error?.detail.hasPrefix(detail) == true, "\(error?.detail ?? "accepted")")
  }

  @Test func aPointerCountsTheFieldsThatAreLeftOut() {
    let text = """
      {"name": "t", "resources": [{"path": "t.csv", "schema": {"fields": [
        {"name": "day", "type": "date"}, {"name": "n", "type": "integer"},
        {"name": "X", "type": "number", "example": "x"},
        {"name": "Drug", "categories": ["a", "b"]}], "target": "Drug", "count": "n"}}]}
      """
    #expect(fault(of: text)?.pointer == "/resources/0/schema/fields/2/example")
  }

  @Test func aFileThatIsWrongIsNamedWithThePlace() throws {
    try withTemporaryFolder { folder in
      let data = try write(Array("X,Drug\n1,a\n2,b\n".utf8), to: "\(folder)/t.csv")
      let beside = "\(folder)/datapackage.json"
      func said(_ text: String, by path: String? = nil, target: String? = nil) throws -> String {
        _ = try write(Array(text.utf8), to: path ?? beside)
        defer { try? FileManager.default.removeItem(atPath: path ?? beside) }
        let error = #expect(throws: DescriptionError.self) {
          try PatientSchema.describing(data, by: path, target: target, otherwise: .drug200)
        }
        return error?.description ?? ""
      }
      let bad = schema("\"type\": \"text\"")
      #expect(try said(bad).hasPrefix("\(beside): /fields/0/type: must be one of"))
      let other = "\(folder)/other.json"
      #expect(try said(bad, by: other).hasPrefix("\(other): /fields/0/type: must be one of"))
      let good = schema("\"type\": \"number\"")
      #expect(try said(good, target: "Y") == "\(beside): /target: Y is no field")
      let open = "{\"fields\": [{\"name\": \"Z\"}, {\"name\": \"Drug\"}], \"target\": \"Drug\"}"
      #expect(try said(open) == "\(beside): /fields/0: the table has no Z")
      #expect(try said("{").hasPrefix("\(beside): "))
    }
  }

  @Test func aPackageOfOtherTablesSaysNothingOfThisOne() throws {
    try withTemporaryFolder { folder in
      let data = try write(Array("X,Drug\n1,a\n2,b\n".utf8), to: "\(folder)/t.csv")
      for resources in [
        "{\"path\": \"u.csv\", \"schema\": {\"fields\": 1}}",
        "{\"path\": \"u.csv\"}, {\"path\": \"v.csv\"}", "",
      ] {
        let text = "{\"resources\": [\(resources)]}"
        _ = try write(Array(text.utf8), to: "\(folder)/datapackage.json")
        #expect(try TableDescription(besides: data) == nil, "\(text)")
      }
    }
  }

  @Test func aDataPackageAResourceAndATableSchemaAreAllRead() throws {
    let own = schema("\"type\": \"number\"")
    let resource = "{\"name\": \"t\", \"path\": \"t.csv\", \"schema\": \(own)}"
    let package = "{\"resources\": [{\"path\": \"u.csv\"}, \(resource)]}"
    let expected = try read(own)
    #expect(try read(resource) == expected)
    #expect(
      try PatientSchema(TableDescription(parsing: Array(package.utf8), of: "x/t.csv")) == expected)
    #expect(fault(of: package)?.pointer == "/resources")
  }

  @Test func whatFrictionlessCallsAFieldIsReadOrLeftOut() throws {
    let text = """
      {"fields": [{"name": "y", "type": "year"}, {"name": "d", "type": "date"},
        {"name": "e", "type": "any"}, {"name": "g", "type": "geopoint"}, {"name": "b", "type": "boolean"},
        {"name": "Drug", "type": "string", "constraints": {"enum": ["a", "b"]}}]}
      """
    var table = try TableDescription(parsing: Array(text.utf8))
    #expect(table.fields.map(\.name) == ["y", "b", "Drug"])
    #expect(table.fields[0].type == .integer)
    #expect(table.leftOut.map(\.name) == ["d", "e", "g"])
    table.target = "Drug"
    let schema = try PatientSchema(table)
    #expect(schema.fields.allSatisfy { !$0.isRequired })
    #expect(schema.drugs == ["a", "b"])
  }

  @Test func theTableTellsTheDrugsWhereTheyAreNumbers() throws {
    try withTemporaryFolder { folder in
      let data = try write(Array("x,Class\n1,2\n2,1.0\n3,10\n4,1\n".utf8), to: "\(folder)/t.csv")
      let text =
        "{\"fields\": [{\"name\": \"X\", \"type\": \"integer\"}, {\"name\": \"class\", \"type\": \"integer\"}]}"
      let path = try write(Array(text.utf8), to: "\(folder)/t.json")
      let schema = try PatientSchema.describing(
        data, by: path, target: "class", otherwise: .drug200)
      #expect(schema.drugs == ["1", "10", "2"])
      let table = try PatientTable(path: data, schema: schema)
      #expect(table.dataset.labels == [2, 0, 1, 0])
    }
  }

  @Test(arguments: ["", "NA"])
  func aRowWithoutADrugIsAFaultWhateverTheDescriptionAllows(_ cell: String) throws {
    let text = schema("\"type\": \"number\"", "\"missingValues\": [\"\", \"NA\"]")
    let message = try refusal {
      try readTable("X,Drug\n1,a\n2,\(cell)\n", schema: read(text))
    }
    #expect(
      message?.contains("line 3, column Drug: Drug is missing") == true, "\(message ?? "read")")
  }

  @Test(arguments: ["\"No\nrd\"", String(repeating: "n", count: 101), "\u{a0}x"])
  func aValueThatNoCategoryCanBeIsToldBeforeTheTraining(_ cell: String) throws {
    try withTemporaryFolder { folder in
      let data = try write(Array("X,Drug\n\(cell),a\ny,b\n".utf8), to: "\(folder)/t.csv")
      let text = "{\"fields\": [{\"name\": \"X\"}, {\"name\": \"Drug\"}], \"target\": \"Drug\"}"
      let path = try write(Array(text.utf8), to: "\(folder)/t.json")
      let error = #expect(throws: DescriptionError.self) {
        try PatientSchema.describing(data, by: path, otherwise: .drug200)
      }
      #expect(error?.pointer == "/fields/0")
      #expect(error?.detail.hasPrefix("X has a value that ") == true)
    }
  }

  @Test func aDescriptionThatGrowsBeyondWhatIsReadIsRefused() {
    let values = (0..<900).map { "\"a\($0)\"" }.joined(separator: ",")
    let fields = (0..<40).map { "{\"name\": \"f\($0)\", \"categories\": [\(values)]}" }
    let text = """
      {"fields": [\(fields.joined(separator: ",")), {"name": "Drug", "categories": ["a", "b"]}],
       "target": "Drug"}
      """
    #expect(fault(of: text)?.detail.hasPrefix("the description has ") == true)
  }

  @Test func aDocumentedPatientHasAsManyValuesAsThereMayBeFields() throws {
    let names = (0..<250).map { "f\($0)" }
    let fields = names.map { "{\"name\": \"\($0)\", \"type\": \"number\"}" }.joined(separator: ",")
    let values = names.map { "\"\($0)\": 1" }.joined(separator: ",")
    let text = """
      {"fields": [\(fields), {"name": "Drug", "categories": ["a", "b"]}], "target": "Drug",
       "documented": [{"patient": {\(values)}, "drug": "a"}]}
      """
    let schema = try read(text)
    #expect(schema.documented.count == 1)
    #expect(try read(schema.text) == schema)
  }

  @Test func aFieldCalledCountIsMeasuredUnlessTheDescriptionSaysWhatItIs() throws {
    let fields = """
      "fields": [{"name": "count", "type": "integer"}, {"name": "X", "type": "integer"},
        {"name": "Drug", "categories": ["a", "b"]}], "target": "Drug"
      """
    let measured = try read("{\(fields)}")
    #expect(measured.fields.map(\.name) == ["count", "X"])
    #expect(try read(measured.text) == measured)
    let counted = try read("{\(fields), \"count\": \"count\"}")
    #expect(counted.fields.map(\.name) == ["X"])
    #expect(try read(counted.text) == counted)
    #expect(throws: DescriptionError.self) { try measured.table.sql() }
  }

  @Test func theFileBesideDrug200SaysWhatIsBuiltIn() throws {
    let path = "\(repositoryRoot)/data/datapackage.json"
    let schema = try PatientSchema(TableDescription(path: path))
    #expect(schema == .drug200)
    #expect(schema.text == PatientSchema.drug200.text)
    #expect(schema.text.contains("\"missingValues\": [\"\"]"))
  }

  @Test func whatIsWrittenReadsBackTheSame() throws {
    var draw = SeededGenerator(seed: printedSeed())
    for _ in 0..<200 {
      let table = TableDescription.random(&draw)
      let schema = try PatientSchema(table)
      let again = try read(schema.text)
      #expect(again.text == schema.text)
      #expect(again.digest == schema.digest)
      #expect(again.agrees(with: schema) && again.features == schema.features)
      #expect(again.table.fields == table.fields)
      // And once more, as a service tells it, with the digest.
      #expect(try read(schema.servedText) == schema)
    }
  }
}

extension TableDescription {
  private static let scripts = [
    "Age", "größe", "Натрий", "年齢", "نبض", "सोडियम", "νάτριο", "a\"b", "<img src=x>", "x\\y", "Na/K",
    "it's", "🧪",
  ]

  /// A description of 1 to 40 fields and 2 to 60 drugs.
  fileprivate static func random(_ draw: inout SeededGenerator) -> TableDescription {
    func name(_ index: Int, _ draw: inout SeededGenerator) -> String {
      "\(scripts[draw.below(scripts.count)]) \(index)"
    }
    var fields: [Field] = []
    for index in 0..<1 + draw.below(40) {
      var field = Field(
        name: name(index, &draw), type: FieldType.allCases[draw.below(FieldType.allCases.count)])
      field.isRequired = draw.below(2) == 0
      if draw.below(3) == 0 { field.title = name(index, &draw) }
      if draw.below(3) == 0 { field.summary = "About \(name(index, &draw))." }
      if draw.below(4) == 0 { field.aliases = ["alias \(name(index, &draw))"] }
      if field.type == .string || (field.type != .boolean && draw.below(4) == 0) {
        field.categories = (0..<1 + draw.below(30)).map { level in
          guard field.type == .string else { return Category("\(level * 3 - 20)") }
          var category = Category(name(level, &draw))
          if draw.below(3) == 0 { category.label = "label \(level)" }
          if draw.below(5) == 0 { category.aliases = ["other \(level)"] }
          return category
        }
      } else if field.isNumber {
        let low = Double(draw.below(2000)) / (field.type == .integer ? 1 : 8) - 100
        if draw.below(3) > 0 { field.limits.minimum = low }
        if draw.below(3) > 0 { field.limits.maximum = low + 50 }
        field.limits.excludesMinimum = field.limits.minimum != nil && draw.below(3) == 0
        if draw.below(3) == 0 {
          field.bins = Bins(edges: [low + 5, low + 9.5], labels: ["few", "some", "many"])
        }
        if field.type == .number, draw.below(4) == 0 {
          let parts = ["above", "below"].map {
            var part = Field(name: "\(field.name) \($0)", type: .number)
            part.isRequired = field.isRequired
            return part
          }
          field.ratio = Ratio(of: parts[0], to: parts[1], places: [nil, 0, 3][draw.below(3)])
        }
        if draw.below(3) == 0 { field.example = .number(low + 20) }
        if field.type == .integer {
          field.example = field.example.map { _ in .number(low.rounded() + 20) }
        }
      }
      fields.append(field)
    }
    var drug = Field(name: "drug", type: .string)
    drug.categories = (0..<2 + draw.below(59)).map { Category(name($0, &draw)) }
    fields.insert(drug, at: draw.below(fields.count + 1))
    var table = TableDescription(fields: fields, target: "drug")
    table.missingValues = [["", "NA"], [""], ["", "?", "-"]][draw.below(3)]
    if draw.below(2) == 0 { table.notFor = "Anything." }
    return table
  }
}
