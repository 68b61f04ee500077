import Foundation
import Patients
import TestSupport
import Testing
@testable import Models

@Suite struct ModelDifferencesTests {
  private func schema(_ fields: String, drugs: String = #""a","b","c""#) throws -> PatientSchema {
    try PatientSchema(
      TableDescription(
        parsing: Array(
          """
          {"fields":[\(fields),{"name":"Drug","type":"string","constraints":{"enum":[\(drugs)]}}],
           "target":"Drug"}
          """.utf8)))
  }

  private func field(_ name: String, _ type: String, _ more: String = "") -> String {
    #"{"name":"\#(name)","type":"\#(type)"\#(more)}"#
  }

  private func between(
    _ before: PatientSchema, _ after: PatientSchema, patients: [String: Int]? = nil
  ) -> ModelDifferences? {
    ModelDifferences(from: .init(before), to: .init(after, patients: patients))
  }

  @Test func modelsOfOnePatientDoNotDiffer() throws {
    #expect(between(.drug200, .drug200) == nil)
    let counts = Dictionary(uniqueKeysWithValues: PatientSchema.drug200.drugs.map { ($0, 10) })
    #expect(between(.drug200, .drug200, patients: counts) == nil)
    let titled = try schema(field("x", "number", #","title":"A title""#))
    #expect(between(try schema(field("x", "number")), titled) == nil)
  }

  @Test func fieldsThatOnlyOneHasAreNamed() throws {
    let before = try schema(
      field("x", "number") + "," + field("Region", "string", #","categories":["n","s"]"#))
    let after = try schema(
      field("x", "number") + ","
        + field(
          "Weight", "number",
          #","title":"Body weight","unit":"kg","constraints":{"minimum":2,"required":true}"#))
    let found = try #require(between(before, after))
    #expect(!found.comparable && !found.reordered && found.drugs.isEmpty && found.omitted == 0)
    #expect(found.fields.map(\.name) == ["Region", "Weight"])
    #expect(found.fields.map(\.change) == [.removed, .added])
    #expect(found.fields[0].before?.allowed == "n, s" && found.fields[0].after == nil)
    #expect(found.fields[1].title == "Body weight" && found.fields[1].before == nil)
    let values = try #require(found.fields[1].after)
    #expect(values.allowed == "number of 2 or more" && values.unit == "kg" && values.required)
  }

  @Test(arguments: [
    (#""type":"integer""#, #""type":"number""#, [ModelDifferences.Aspect.type], true),
    (
      #""type":"number","constraints":{"maximum":9}"#,
      #""type":"number","constraints":{"maximum":8}"#, [.limits], true
    ),
    (#""type":"number","constraints":{"required":true}"#, #""type":"number""#, [.required], true),
    (#""type":"number","unit":"kg""#, #""type":"number","unit":"lb""#, [.unit], true),
    (#""type":"integer""#, #""type":"integer","categories":[1,2]"#, [.categories], false),
    (
      #""type":"string","categories":["1","2"]"#, #""type":"integer","categories":[1,2]"#,
      [.type], true
    ),
  ])
  func whatIsOtherInAFieldThatBothHaveIsTold(
    _ before: String, _ after: String, _ what: [ModelDifferences.Aspect], _ comparable: Bool
  ) throws {
    let found = try #require(
      between(try schema(#"{"name":"x",\#(before)}"#), try schema(#"{"name":"x",\#(after)}"#)))
    #expect(found.fields.map(\.what) == [what] && found.fields[0].change == .changed)
    #expect(found.comparable == comparable && !found.reordered)
  }

  @Test func categoriesThatOnlyOneKnowsAreNamed() throws {
    let found = try #require(
      between(
        try schema(field("x", "string", #","categories":["a","b","c"]"#)),
        try schema(field("x", "string", #","categories":["b","c","d","e"]"#))))
    #expect(found.fields[0].added == ["d", "e"] && found.fields[0].removed == ["a"])
    #expect(found.fields[0].what == [.categories] && !found.comparable)
  }

  @Test func drugsThatOnlyOneKnowsAndThoseOfFewPatientsAreNamed() throws {
    let own = field("x", "number")
    let found = try #require(
      between(
        try schema(own, drugs: #""a","b","c","d""#), try schema(own, drugs: #""b","c","d","e""#),
        patients: ["b": 10, "c": 9, "e": 1]))
    #expect(found.drugs.map(\.name) == ["a", "e", "c", "d"])
    #expect(found.drugs.map(\.change) == [.removed, .added, .rare, .rare])
    #expect(found.drugs.map(\.patients) == [nil, nil, 9, 0])
  }

  @Test func anotherOrderIsTold() throws {
    let (x, y) = (field("x", "number"), field("y", "number"))
    let found = try #require(between(try schema("\(x),\(y)"), try schema("\(y),\(x)")))
    #expect(found.reordered && !found.comparable && found.fields.isEmpty && found.drugs.isEmpty)
  }

  @Test func manyAreCountedAndAListTellsOfFewWithoutTheirValues() throws {
    let many = (0..<120).map { field("f\($0)", "string", #","categories":["a","b"]"#) }
    let found = try #require(
      between(try schema(field("x", "number")), try schema(many.joined(separator: ","))))
    #expect(found.fields.count == 50 && found.omitted == 71)
    let brief = found.brief
    #expect(brief.fields.count == 8 && brief.omitted == 113)
    #expect(brief.fields.allSatisfy { $0.before == nil && $0.after == nil })
  }

  @Test func aSentenceNamesTheFirstOfMany() throws {
    let many = (0..<120).map { field("f\($0)", "number") }.joined(separator: ",")
    let words = try schema(many).difference(from: try schema(field("x", "number")))
    #expect(words == "without x, with f0, f1, f10, f100, f101, f102, f103, f104, … (120 in all)")
  }

  @Test func theMembersAreThoseOfTheContract() throws {
    let found = try #require(
      between(
        try schema(field("x", "number"), drugs: #""a","b""#),
        try schema(field("x", "integer", #","unit":"kg""#), drugs: #""a","c""#)))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    #expect(
      String(decoding: try encoder.encode(found), as: UTF8.self)
        == #"{"comparable":false,"drugs":[{"change":"removed","name":"b"},"#
        + #"{"change":"added","name":"c"}],"fields":[{"added":[],"#
        + #""after":{"allowed":"whole number","required":false,"type":"integer","unit":"kg"},"#
        + #""before":{"allowed":"number","required":false,"type":"number"},"change":"changed","#
        + #""name":"x","removed":[],"title":"x","what":["type","unit"]}],"#
        + #""omitted":0,"reordered":false}"#)
  }
}
