import FoundationEssentials
import RandomForest
import TestSupport
import Testing

@testable import Patients

/// Descriptions that are spoilt in one place: each is read or refused with the place, and none ends the
/// program.
@Suite struct DescriptionDamageTests {
  /// A description with all members that there are.
  private static let whole = """
    {"name": "p", "resources": [{"name": "t", "path": "t.csv", "schema": {
      "fields": [
        {"name": "Age", "title": "Age", "description": "In years.", "type": "integer", "unit": "years",
         "aliases": ["age/y", "Alter"], "example": 40,
         "constraints": {"required": true, "minimum": 0, "exclusiveMaximum": 120},
         "bins": {"edges": [20, 60], "labels": ["young", "grown", "old"]}},
        {"name": "Ratio", "type": "number",
         "constraints": {"exclusiveMinimum": "0.5", "maximum": 1e300}},
        {"name": "Smoker", "type": "boolean", "trueValues": ["yes", "1"], "falseValues": ["no"],
         "categories": [{"value": true, "label": "smokes"}, false]},
        {"name": "Stage", "type": "integer", "categories": [1, {"value": 2, "label": "II"}, 3]},
        {"name": "Dose", "type": "number", "constraints": {"enum": [0.5, 1, 2.5]}},
        {"name": "Sex", "type": "string", "constraints": {"enum": ["F", "M"]},
         "categories": [{"value": "F", "label": "female", "aliases": ["w"]}, "M"]},
        {"name": "Day", "type": "date"},
        {"name": "n", "type": "integer"},
        {"name": "Drug", "type": "string",
         "categories": [{"value": "a", "aliases": ["A"]}, {"value": "b/~1"}]}],
      "missingValues": ["", "NA", {"value": "-", "label": "none"}], "target": "Drug", "count": "n",
      "group": "Sex", "documented": [
        {"title": "One", "drug": "a", "patient":
          {"Age": 40, "Ratio": null, "Smoker": true, "Stage": 2, "Dose": 0.5, "Sex": "F"}}],
      "purpose": "Tests.", "notFor": "Care.", "limits": ["It is not real."]}}]}
    """

  /// What may stand in place of a value.
  private static let others: [JSONValue] = [
    .null, .bool(true), .bool(false), .number("0"), .number("-1.5"), .number("1e999"),
    .number("-1e308"), .number("9007199254740993"), .string(""), .string("x"), .string(" "),
    .string("0"), .string("1e308"), .string("nan"), .string("\u{202e}"), .string("count"),
    .string(String(repeating: "ä", count: 1001)), .array([]), .object([]), .array([.null]),
    .array([.string("x"), .string("x")]), .array([.number("2"), .number("1")]),
    .array([.array([])]), .object([JSONValue.Member(name: "value", value: .number("7"))]),
    .object([JSONValue.Member(name: "x~/", value: .array([.object([])]))]),
  ]

  /// Reads a description, and the table as who trains does.
  private static func fault(
    of bytes: [UInt8], data: String
  ) throws -> (DescriptionError?, PatientSchema?) {
    do throws(DescriptionError) {
      var table = try TableDescription(parsing: bytes, of: data)
      if table.isOpen, let survey = try? TableSurvey(path: data) {
        table = try table.completed(by: survey)
      }
      return (nil, try PatientSchema(table))
    } catch {
      return (error, nil)
    }
  }

  /// Whether a pointer leads to a value, or to a member that an object of the text lacks.
  private static func leads(_ pointer: String, in json: JSONValue) -> Bool {
    guard !pointer.isEmpty else { return true }
    guard pointer.hasPrefix("/") else { return false }
    let steps = pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
      String($0).replacing("~1", with: "/").replacing("~0", with: "~")
    }
    var place: JSONValue? = json
    for (number, step) in steps.enumerated() {
      switch place {
      case .object(let members):
        place = members.value(of: step)
        // What is missing is missing at the end.
        if place == nil { return number == steps.count - 1 }
      case .array(let elements):
        guard let index = Int(step), elements.indices.contains(index) else { return false }
        place = elements[index]
      default: return false
      }
    }
    return true
  }

  private static func check(_ json: JSONValue, data: String, _ what: String) throws {
    let bytes = Array(json.text.utf8)
    let (error, schema) = try fault(of: bytes, data: data)
    if let error {
      // Asked for beforehand: the whole text would be shown with what failed.
      let isThere = leads(error.pointer, in: json)
      #expect(isThere, "\(what): \(error)")
      #expect(!error.detail.isEmpty && error.detail.utf8.count < 3000, "\(what): \(error)")
    } else if let schema {
      #expect(try PatientSchema(TableDescription(parsing: Array(schema.text.utf8))) == schema)
      // What follows from it is there to be asked for.
      #expect(schema.fields.allSatisfy { !$0.allowed.isEmpty })
      #expect(try Patient(of: schema) { schema.probe.value(of: $0) } == schema.probe, "\(what)")
    }
  }

  private static func withTable(_ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let text = """
        Age,Ratio,Smoker,Stage,Dose,Sex,Day,n,Drug,x
        40,1.5,yes,2,0.5,F,2026-01-31,1,a,u
        41,,no,3,1,M,2026-01-31,2,b/~1,v

        """
      try body(try write(Array(text.utf8), to: "\(folder)/t.csv"))
    }
  }

  @Test func aDescriptionThatIsCutIsNotRead() throws {
    let bytes = Array(Self.whole.utf8)
    try Self.withTable { data in
      #expect(try Self.fault(of: bytes, data: data).0 == nil)
      for length in 0..<bytes.count {
        let (error, schema) = try Self.fault(of: Array(bytes[..<length]), data: data)
        #expect(error != nil && schema == nil, "\(length) bytes")
      }
    }
  }

  @Test func anyByteMayBeAnother() throws {
    let bytes = Array(Self.whole.utf8)
    var draw = SeededGenerator(seed: printedSeed())
    try Self.withTable { data in
      for _ in 0..<300 {
        var spoilt = bytes
        for _ in 0...draw.below(3) {
          spoilt[draw.below(bytes.count)] = UInt8(draw.below(256))
        }
        let (error, schema) = try Self.fault(of: spoilt, data: data)
        #expect((error == nil) != (schema == nil))
      }
    }
  }

  @Test func anyValueMayBeOfAnotherTypeOrMissing() throws {
    let json = try JSONParser.parse(Array(Self.whole.utf8))
    var draw = SeededGenerator(seed: printedSeed())
    try Self.withTable { data in
      for place in json.places() {
        // Of those that may stand there, some: all of them take a minute.
        let others = (0..<4).map { _ in Self.others[draw.below(Self.others.count)] }
        for other in others + [nil] {
          try Self.check(
            json.replacing(place, with: other), data: data,
            "\(place) by \(String(describing: other))")
        }
      }
    }
  }

  @Test func anyTwoPartsMayBeExchanged() throws {
    let json = try JSONParser.parse(Array(Self.whole.utf8))
    let places = json.places()
    var draw = SeededGenerator(seed: printedSeed())
    try Self.withTable { data in
      for _ in 0..<300 {
        let (one, two) = (places[draw.below(places.count)], places[draw.below(places.count)])
        // A part of the other cannot take its place.
        guard !one.starts(with: two), !two.starts(with: one) else { continue }
        let exchanged = json.replacing(one, with: json.value(at: two))
          .replacing(two, with: json.value(at: one))
        try Self.check(exchanged, data: data, "\(one) and \(two)")
      }
    }
  }
}

extension JSONValue {
  /// The places of all values but the whole: of members and elements by their numbers.
  fileprivate func places() -> [[Int]] {
    parts.enumerated().flatMap { index, part in
      [[index]] + part.places().map { [index] + $0 }
    }
  }

  private var parts: [JSONValue] {
    switch self {
    case .object(let members): members.map(\.value)
    case .array(let elements): elements
    default: []
    }
  }

  fileprivate func value(at place: [Int]) -> JSONValue {
    place.reduce(self) { $0.parts[$1] }
  }

  /// The same with another value at a place, or without the one there.
  fileprivate func replacing(_ place: [Int], with other: JSONValue?) -> JSONValue {
    guard let index = place.first else { return other ?? .null }
    let rest = Array(place.dropFirst())
    let isGone = rest.isEmpty && other == nil
    switch self {
    case .object(var members):
      if isGone {
        members.remove(at: index)
      } else {
        members[index] = Member(
          name: members[index].name, value: members[index].value.replacing(rest, with: other))
      }
      return .object(members)
    case .array(var elements):
      if isGone {
        elements.remove(at: index)
      } else {
        elements[index] = elements[index].replacing(rest, with: other)
      }
      return .array(elements)
    default: return self
    }
  }
}
