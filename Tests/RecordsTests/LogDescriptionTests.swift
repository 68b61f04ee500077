import GRDB
import Patients
import TestSupport
import Testing
@testable import Records

@Suite struct LogDescriptionTests {
  private func schema(_ field: String) throws -> PatientSchema {
    try PatientSchema(
      TableDescription(
        parsing: Array(
          """
          {"fields":[{"name":"\(field)","type":"number"},
            {"name":"Drug","type":"string","constraints":{"enum":["a","b"]}}],"target":"Drug"}
          """.utf8)))
  }

  private func append(_ schemas: [PatientSchema], to path: String) throws {
    try PredictionLog(PredictionLog.Settings(path: path)).append(
      try schemas.map { schema in
        PredictionRecord(
          id: schema.fields[0].name, time: 1, patient: try Patient(of: schema) { _ in .number(7) },
          drug: "a", probability: 1, predictionSet: ["a"], modelVersion: "m")
      })
  }

  private func schemas(_ path: String) throws -> [PatientSchema] {
    try PredictionLog.newest(100, in: path).map(\.patient.schema).reversed()
  }

  @Test func aDescriptionIsReadOnceHoweverOftenTheLogIs() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/predictions.sqlite"
      try append([try schema("read once")], to: path)
      let (first, second) = (try schemas(path), try schemas(path))
      #expect(first[0] === second[0] && first[0].fields[0].name == "read once")
    }
  }

  @Test func moreDescriptionsThanAreKeptAreReadAsTheyAre() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/predictions.sqlite"
      let all = try (0..<(2 * KnownDescriptions.capacity + 1)).map { try schema("field \($0)") }
      try append(all, to: path)
      for _ in 0..<2 { #expect(try schemas(path).map(\.digest) == all.map(\.digest)) }
    }
  }

  @Test func aTextThatIsNotTheOneOfItsDigestStandsForNoOther() throws {
    try withTemporaryFolder { folder in
      let (forged, sound) = ("\(folder)/forged.sqlite", "\(folder)/sound.sqlite")
      let own = try schema("of its digest")
      try append([own], to: forged)
      try append([own], to: sound)
      let other = try schema("of another")
      try DatabaseQueue(path: forged).write { database in
        try database.execute(
          sql: "UPDATE description SET text = ?", arguments: [other.text])
      }
      _ = try? schemas(forged)
      #expect(try schemas(sound).map(\.digest) == [own.digest])
    }
  }
}
