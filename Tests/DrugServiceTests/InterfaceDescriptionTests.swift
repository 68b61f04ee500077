import FoundationEssentials
import Patients
import TestSupport
import Testing

@testable import DrugService

/// The description of the interface that is composed for other patients than drug200's.
@Suite struct InterfaceDescriptionTests {
  /// Composes it for a Table Schema, and takes the value at a JSON pointer.
  private func part(_ pointer: String, for schema: String) throws -> JSONValue {
    let served = try PatientSchema(TableDescription(parsing: Array(schema.utf8)))
    let text = try InterfaceDescription(path: "\(repositoryRoot)/www/openapi.json")
      .text(for: served)
    let whole = try JSONParser.parse(
      text, JSONBudget(values: .max, elements: .max, members: 1024))
    return try pointer.split(separator: "/").reduce(whole) { value, name in
      guard case .object(let members) = value, let part = members.value(of: String(name)) else {
        throw NoSuchPart(name: String(name))
      }
      return part
    }
  }

  private struct NoSuchPart: Error {
    let name: String
  }

  private static let eightDrugs = """
    {"fields": [
      {"name": "a", "type": "number"}, {"name": "b", "type": "integer"}, {"name": "c", "type": "number"},
      {"name": "d", "type": "boolean"},
      {"name": "Drug", "type": "integer", "categories": [1, 2, 3, 4, 5, 6, 7, 8]}], "target": "Drug"}
    """
  private static let noNumber = """
    {"fields": [{"name": "count", "type": "boolean"}, {"name": "F, M", "categories": ["man, 45", "/Age"]},
      {"name": "Drug", "categories": ["Man, 45", "F, M", "/Age"]}], "target": "Drug"}
    """

  @Test(arguments: ["Prediction", "BatchPrediction"])
  func allDrugsAndAllFieldsFindRoomInAnAnswer(_ schema: String) throws {
    let members = "components/schemas/\(schema)/properties"
    #expect(try part("\(members)/prediction_set/maxItems", for: Self.eightDrugs) == .number("8"))
    #expect(try part("\(members)/warnings/maxItems", for: Self.eightDrugs) == .number("4"))
    #expect(try part("\(members)/warnings/maxItems", for: Self.noNumber) == .number("2"))
  }

  @Test func aChangeIsOfTheTypesThatTheFieldsHave() throws {
    let members = "components/schemas/Flip/properties"
    for name in ["from", "to"] {
      #expect(
        try part("\(members)/\(name)/type", for: Self.eightDrugs)
          == .array([.string("number"), .string("boolean")]))
      #expect(
        try part("\(members)/\(name)/type", for: Self.noNumber)
          == .array([.string("string"), .string("boolean")]))
    }
  }

  @Test func theWarningsNameTheFieldsOfTheModel() throws {
    let pointer = "components/schemas/Warning/properties/pointer/enum"
    #expect(
      try part(pointer, for: Self.eightDrugs)
        == .array(["/a", "/b", "/c", "/d"].map { .string($0) }))
    #expect(
      try part(pointer, for: Self.noNumber) == .array(["/count", "/F, M"].map { .string($0) }))
  }

  @Test func noListOfNoNumbersIsTold() throws {
    let ranges = "components/schemas/ModelInfo/properties/training_ranges/propertyNames"
    #expect(
      try part("\(ranges)/enum", for: Self.eightDrugs)
        == .array(["a", "b", "c"].map { .string($0) }))
    #expect(throws: NoSuchPart.self) { try part("\(ranges)/enum", for: Self.noNumber) }
  }

  @Test func aPatientMayBeGivenByTheTwoNumbersOfARatio() throws {
    let text = """
      {"fields": [{"name": "sex", "categories": ["F", "M"], "constraints": {"required": true}},
        {"name": "r", "type": "number", "ratio": {"of": "a", "to": "b", "places": 2}},
        {"name": "Drug", "categories": ["x", "y"]}], "target": "Drug"}
      """
    let patient = "components/schemas/PatientByParts"
    #expect(try part("\(patient)/required", for: text) == .array([.string("sex")]))
    let properties = try part("\(patient)/properties", for: text)
    guard case .object(let members) = properties else { return #expect(Bool(false)) }
    #expect(members.map(\.name) == ["sex", "a", "b"])
    let items = "components/schemas/Patients/properties/patients/items"
    #expect(try "\(part("\(items)/anyOf", for: text))".contains("PatientByParts"))
    let inputs = "components/schemas/InferenceRequest/properties/inputs"
    #expect(try part("\(inputs)/maxItems", for: text) == .number("3"))
    #expect(
      try part("components/schemas/InferenceField4/properties/name/const", for: text)
        == .string("b"))
    // Where there is none, nothing of it is told.
    #expect(throws: NoSuchPart.self) { try part(patient, for: Self.eightDrugs) }
    #expect(
      try part("\(items)/$ref", for: Self.eightDrugs) == .string("#/components/schemas/Patient"))
    #expect(try part("\(inputs)/maxItems", for: Self.eightDrugs) == .number("4"))
  }

  @Test func aCountThatIsAFieldIsNotPromised() throws {
    let pointer = "components/schemas/ModelSchema/required"
    #expect(try "\(part(pointer, for: Self.eightDrugs))".contains("\"count\""))
    #expect(try !"\(part(pointer, for: Self.noNumber))".contains("\"count\""))
  }

  @Test func namesThatReadLikeTheTemplateStayAsTheyAre() throws {
    let served = try PatientSchema(TableDescription(parsing: Array(Self.noNumber.utf8)))
    let text = try String(
      decoding: InterfaceDescription(path: "\(repositoryRoot)/www/openapi.json").text(for: served),
      as: UTF8.self)
    #expect(text.contains("/Age, F, M, Man, 45"))
  }
}
