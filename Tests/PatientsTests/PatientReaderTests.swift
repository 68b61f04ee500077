import TestSupport
import Testing

@testable import Patients

@Suite struct PatientReaderTests {
  /// Reads a text in pieces of a size: a line and the fault of each row, nil for a patient.
  private func rows(
    _ text: [UInt8], pieceSize: Int
  ) throws -> [(line: Int, patient: Patient?, problem: String?)] {
    var reader = PatientReader(of: .drug200)
    var rows: [(line: Int, patient: Patient?, problem: String?)] = []
    let keep = { (row: PatientReader.Row, _: [String]) in
      rows.append((row.line, row.patient, row.problems.first?.detail))
    }
    for start in stride(from: 0, to: text.count, by: pieceSize) {
      try reader.read(text[start..<min(start + pieceSize, text.count)].span, keep)
    }
    try reader.finish(keep)
    return rows
  }

  private static let table = """
    \u{feff}note,Na_to_K,BP,Sex,Cholesterol,Age\r
    "a ""quoted"", note",15.5,HIGH,M,NORMAL,45\r
    \r
    ,18.3,"HIGH",F,NORMAL,52\r
    x,0,HIGH,F,NORMAL,52\r
    x,18.3,HIGH\r
    "two
    lines",9,LOW,F,HIGH,30
    """

  @Test(arguments: [1, 2, 3, 7, 64, 10_000])
  func aTableIsReadTheSameInPiecesOfAnySize(_ size: Int) throws {
    let found = try rows(Array(Self.table.utf8), pieceSize: size)
    #expect(found.map(\.line) == [2, 4, 5, 6, 7])
    #expect(
      found.map(\.problem) == [
        nil, nil, "Na_to_K must be a number above 0, at most 100", "3 fields instead of 6", nil,
      ])
    #expect(found[0].patient == DocumentedPatient.first)
    #expect(found[1].patient == DocumentedPatient.second)
    #expect(try found[4].patient == patient(30, "F", "LOW", "HIGH", 9))
  }

  @Test func aTableOfOtherColumnsIsRefusedThoughEachFieldMayBeMissing() throws {
    let text = """
      {"fields": [{"name": "a", "type": "number"}, {"name": "b", "type": "number"},
        {"name": "Drug", "categories": ["x", "y"]}], "target": "Drug"}
      """
    let schema = try PatientSchema(TableDescription(parsing: Array(text.utf8)))
    func read(_ table: String) throws -> Int {
      var (reader, count) = (PatientReader(of: schema), 0)
      try reader.read(Array(table.utf8).span) { _, _ in count += 1 }
      try reader.finish { _, _ in count += 1 }
      return count
    }
    #expect(try read("note,B\n,\n") == 1)
    let error = #expect(throws: TableError.self) { try read("note,c\n1,2\n") }
    #expect(error?.message == "line 1: no column is one of a, b")
  }

  @Test(
    "A table that cannot be read says why",
    arguments: [
      ("", "the file is empty"), ("\n\r\n", "the file is empty"),
      (
        "Age,Sex\n1,F",
        "line 1: missing column BP, Cholesterol, Na_to_K; the first line must name "
          + "Age, Sex, BP, Cholesterol, Na_to_K"
      ),
      ("Age,Sex,BP,Cholesterol,Na_to_K,Age\n", "line 1: column Age stands twice"),
      (
        "Age,Sex,BP,Cholesterol,Na_to_K\n1,F,\"HIGH",
        "line 2: a quoted field does not end"
      ),
      (
        "Age,Sex,BP,Cholesterol,Na_to_K\n1,F\0,HIGH,HIGH,9",
        "line 2: a NUL byte: this is not a text file"
      ),
    ])
  func unreadable(_ text: String, _ message: String) {
    #expect(throws: TableError(message: message)) {
      try rows(Array(text.utf8), pieceSize: 5)
    }
  }

  @Test func whatIsWrittenAsCSVIsReadBack() throws {
    let fields = ["plain", "", "a,b", "say \"no\"", "two\nlines", "cr\rcr", " spaced "]
    var bytes: [UInt8] = []
    CSVWriter.append(fields, to: &bytes)
    var parser = CSVParser()
    var position = 0
    let record = try #require(try parser.nextRecord(of: bytes.span, from: &position))
    #expect(record.fields.map { String(decoding: $0, as: UTF8.self) } == fields)
    #expect(position == bytes.count)
  }
}
