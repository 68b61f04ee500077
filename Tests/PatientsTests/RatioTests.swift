import RandomForest
import TestSupport
import Testing

@testable import Patients

/// Numbers that are given in place of their ratio: sodium and potassium, as drug200 describes them.
@Suite struct RatioTests {
  private typealias Given = KeyValuePairs<String, FieldValue>

  private func patient(
    of schema: PatientSchema = .drug200, _ given: Given
  ) throws(PatientError) -> Patient {
    try Patient(acceptedBy: schema) { field in
      given.first { $0.key == field.name }?.value
    }
  }

  private static let others: [(String, FieldValue)] = [
    ("Age", .number(45)), ("Sex", .text("M")), ("BP", .text("HIGH")),
    ("Cholesterol", .text("NORMAL")),
  ]

  private func man(_ parts: [(String, FieldValue)]) throws(PatientError) -> Patient {
    try Patient(acceptedBy: .drug200) { field in
      (Self.others + parts).first { $0.0 == field.name }?.1
    }
  }

  @Test(arguments: [
    (0.792535, 0.031258, 25.355), (0.0155, 0.001, 15.5), (3.1, 0.2, 15.5), (1, 3, 0.333),
    (2, 3, 0.667), (100, 1, 100),
  ])
  func aRatioIsRoundedAsTheDescriptionSays(_ na: Double, _ k: Double, _ ratio: Double) throws {
    let patient = try man([("Na", .number(na)), ("K", .number(k))])
    #expect(patient[.sodiumToPotassium] == ratio)
    #expect(try patient == man([("Na_to_K", .number(ratio))]))
  }

  @Test(
    arguments: [
      ([("Na", FieldValue.number(1))], "/K", "missing", "K is missing"),
      ([("K", .number(1))], "/Na", "missing", "Na is missing"),
      ([], "/Na_to_K", "missing", "Na_to_K is missing"),
      (
        [("Na", .number(1)), ("K", .number(0))], "/K", "out_of_range",
        "K must be a number above 0"
      ),
      (
        [("Na", .number(1)), ("K", .number(-0.0))], "/K", "out_of_range",
        "K must be a number above 0"
      ),
      ([("Na", .text("1")), ("K", .number(1))], "/Na", "wrong_type", "Na must be a number"),
      ([("Na", .number(1)), ("K", .null)], "/K", "wrong_type", "K must be a number"),
      (
        [("Na", .number(.infinity)), ("K", .number(1))], "/Na", "out_of_range",
        "Na must be a number above 0"
      ),
      (
        [("Na", .number(1)), ("K", .number(0.001))], "/Na_to_K", "out_of_range",
        "Na_to_K, which is Na divided by K, must be a number above 0, at most 100"
      ),
      (
        [("Na", .number(1)), ("K", .number(1e-320))], "/Na_to_K", "out_of_range",
        "Na_to_K, which is Na divided by K, must be a number above 0, at most 100"
      ),
      (
        // Rounded, it is 0.
        [("Na", .number(1)), ("K", .number(1e6))], "/Na_to_K", "out_of_range",
        "Na_to_K, which is Na divided by K, must be a number above 0, at most 100"
      ),
      (
        [("Na_to_K", .number(15)), ("K", .number(1))], "/K", "unknown_field",
        "K must not stand beside Na_to_K"
      ),
    ] as [([(String, FieldValue)], String, String, String)])
  func whatIsWrongWithEitherIsToldAtItsPlace(
    _ given: [(String, FieldValue)], _ pointer: String, _ code: String, _ detail: String
  ) {
    let error = #expect(throws: PatientError.self) {
      try man(given)
    }
    #expect(error?.problems.map(\.pointer) == [pointer])
    #expect(error?.problems.first?.code.rawValue == code)
    #expect(error?.problems.first?.detail == detail)
  }

  @Test func bothThatAreWrongAreNamed() {
    let error = #expect(throws: PatientError.self) {
      try man([("Na", .text("a lot")), ("K", .boolean(true))])
    }
    #expect(error?.problems.map(\.pointer) == ["/Na", "/K"])
  }

  @Test func aRatioThatMayBeMissingIsMissingWithoutOneOfTheTwo() throws {
    let text = """
      {"fields": [
        {"name": "r", "type": "number", "ratio": {"of": "a", "to": {"name": "b", "aliases": ["B2"],
          "constraints": {"maximum": 9}}}},
        {"name": "Drug", "categories": ["x", "y"]}], "target": "Drug"}
      """
    let schema = try PatientSchema(TableDescription(parsing: Array(text.utf8)))
    let field = schema.fields[0]
    #expect(try patient(of: schema, ["a": .number(1), "b": .number(3)])[field] == 1 / 3)
    for given in [["a": .number(1)], ["a": .null, "b": .number(3)], [:]] as [Given] {
      #expect(try patient(of: schema, given)[field].isNaN)
    }
    let error = #expect(throws: PatientError.self) {
      try patient(of: schema, ["a": .number(1), "b": .number(10)])
    }
    #expect(error?.problems.first?.detail == "b must be a number of 9 or less")
    let zero = #expect(throws: PatientError.self) {
      try patient(of: schema, ["a": .number(0), "b": .number(-0.0)])
    }
    #expect(zero?.problems.first?.detail == "b must not be 0")
    // Tables with holes.
    var builder = TableBuilder(schema)
    try builder.read(Array("B2,A,drug\n3,1,x\n,1,y\n3,NA,x\n".utf8).span)
    try builder.finish()
    #expect(builder.rows.values[0] == 1 / 3 && builder.rows.values[1].isNaN)
    #expect(builder.problems.rowCount == 1)
    #expect(builder.problems.list[0].detail == "a must be a number")
  }

  // MARK: Tables

  /// drug200 with sodium and potassium in place of their ratio, in six decimal places.
  private static func divided(keepingRatio: Bool = false) throws -> (table: String, own: [Double]) {
    let table = try drug200()
    let schema = PatientSchema.drug200
    var draw = SeededGenerator(seed: 200)
    var text = "Drug,K,Cholesterol,BP,Na,Sex,Age\(keepingRatio ? ",Na_to_K" : "")\n"
    for row in 0..<table.dataset.rowCount {
      let patient = Patient(of: schema, sample: table.dataset.row(row))
      let ratio = patient[.sodiumToPotassium]
      let k = Double(20_000 + draw.below(60_000)) / 1e6
      let na = (ratio * k * 1e6).rounded() / 1e6
      let cells = [
        schema.drugs[table.dataset.labels[row]], keepingRatio ? "none" : k.plain,
        patient.value(of: .cholesterol).text, patient.value(of: .bloodPressure).text, na.plain,
        patient.value(of: .sex).text, patient.value(of: .age).text,
      ]
      text += (cells + (keepingRatio ? [ratio.plain] : [])).joined(separator: ",") + "\n"
    }
    return (text, table.dataset.values)
  }

  @Test(arguments: [false, true])
  func aTableOfBothIsTheTableOfTheirRatio(keepingRatio: Bool) throws {
    let (text, own) = try Self.divided(keepingRatio: keepingRatio)
    var builder = TableBuilder(.drug200)
    try builder.read(Array(text.utf8).span)
    try builder.finish()
    #expect(builder.problems.rowCount == 0)
    #expect(builder.rows.values == own)
    // A ratio that is there needs no dividing, whatever else is.
    #expect(builder.layout?.ignoredColumns == (keepingRatio ? ["K", "Na"] : []))
    var reader = PatientReader(of: .drug200)
    var samples: [Double] = []
    try reader.read(Array(text.utf8).span) { row, _ in samples += try #require(row.patient).sample }
    try reader.finish { _, _ in }
    #expect(samples == own)
  }

  @Test func theColumnThatIsLackingIsNamed() throws {
    let header = "Age,Sex,BP,Cholesterol,natrium,K,Drug"
    let error = #expect(throws: TableError.self) {
      var builder = TableBuilder(.drug200)
      try builder.read(Array("\(header)\n1,F,LOW,HIGH,1,1,drugX\n".utf8).span)
      try builder.finish()
    }
    #expect(
      error?.message.hasPrefix("line 1: missing column Na;") == true, "\(error?.message ?? "")")
    let other = #expect(throws: TableError.self) {
      var reader = PatientReader(of: .drug200)
      try reader.read(Array("\(header)\n1,F,LOW,HIGH,1,1,drugX\n".utf8).span) { _, _ in }
      try reader.finish { _, _ in }
    }
    #expect(
      other?.message.hasPrefix("line 1: missing column Na;") == true, "\(other?.message ?? "")")
  }

  @Test func aCellThatIsWrongIsToldUnderItsColumn() throws {
    var builder = TableBuilder(.drug200)
    let text = """
      Age;Sex;BP;Cholesterol;Na;K;Drug
      45;M;HIGH;NORMAL;0,792535;0,031258;DrugY
      45;M;HIGH;NORMAL;1.5;0,03;DrugY
      45;M;HIGH;NORMAL;0,79;0;DrugY
      """
    try builder.read(Array(text.utf8).span)
    try builder.finish()
    #expect(builder.rows.values == [1, 1, 0, 45, 25.355] || builder.rows.values.last == 25.355)
    let problems = builder.problems.list
    #expect(problems.map(\.column) == ["Na", "K"])
    #expect(problems[0].detail.contains("decimal comma"))
    #expect(problems[1].found == "0")
  }
}
