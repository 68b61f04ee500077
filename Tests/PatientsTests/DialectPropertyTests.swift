import RandomForest
import TestSupport
import Testing

@testable import Patients

/// A table that is written in several ways.
private struct AnyTable {
  /// The names of the columns, of which those that hold numbers are marked.
  var names: [String]
  var rows: [[String]]
  static let numbers = ["Age", "Na_to_K", "count"]

  init(_ generator: inout SeededGenerator) {
    func any(_ choices: [String]) -> String { choices[generator.below(choices.count)] }
    let cells: [String: [String]] = [
      "Age": ["0", "23", "120", "33.0", "1e1", "121", "45.5", ""],
      "Sex": ["F", "M", "F", "M", "f"],
      "BP": ["HIGH", "LOW", "NORMAL", "HIGH"], "Cholesterol": ["HIGH", "NORMAL"],
      "Na_to_K": ["15.5", "7.798", "100", "9", "0.25", "-1", "x"],
      "Drug": ["DrugY", "drugA", "drugX", "drugY"], "count": ["1", "2", "17", "0"],
      "Größe; m": ["", "ä", "a\tb", "a;b,c", "say \"so\"", "ÿ\nß", "é\r\né", "plain"],
    ]
    var names = PatientSchema.drug200.fields.map(\.name) + ["Drug"] + ["Größe; m"]
    if generator.below(2) == 0 { names.append("count") }
    for index in names.indices { names.swapAt(index, index + generator.below(names.count - index)) }
    self.names = names
    let isCareful = generator.below(2) == 0
    rows = (0..<generator.below(30)).map { _ in
      names.map { name in
        let choices = cells[name]!
        let isCell = isCareful && name != "Größe; m"
        return isCell ? choices[generator.below(2)] : any(choices)
      }
    }
  }

  /// The table as bytes.
  func written(_ dialect: TableDialect, _ writing: Writing, end: String = "\r\n") -> [UInt8] {
    let delimiter = Character(Unicode.Scalar(dialect.delimiter.byte))
    func line(_ cells: [String]) -> String {
      zip(names, cells).map { name, cell in
        let isNumber = Self.numbers.contains(name) && dialect.decimalMark == .comma
        let text = isNumber ? cell.replacing(".", with: ",") : cell
        guard text.unicodeScalars.contains(where: { "\",;\t\r\n".unicodeScalars.contains($0) })
        else { return text }
        return "\"\(text.replacing("\"", with: "\"\""))\""
      }.joined(separator: String(delimiter)) + end
    }
    return writing.bytes(line(names) + rows.map(line).joined())
  }
}

/// What both readers make of bytes that come in pieces.
private struct Reading: Equatable {
  var dataset: Dataset
  var places: [String]
  var patients: [Patient?] = []
  var notes: [String] = []
  var error: String?

  init(_ bytes: [UInt8], _ pieceLength: () -> Int) throws {
    var builder = TableBuilder(.drug200)
    var reader = PatientReader(of: .drug200)
    var (patients, notes): ([Patient?], [String]) = ([], [])
    let keep = { (row: PatientReader.Row, header: [String]) in
      patients.append(row.patient)
      notes.append(row.fields[header.firstIndex(of: "Größe; m")!])
    }
    var start = 0
    while start < bytes.count {
      let end = min(start + pieceLength(), bytes.count)
      try builder.read(bytes.span.extracting(start..<end))
      try reader.read(bytes.span.extracting(start..<end), keep)
      start = end
    }
    try builder.finish()
    try reader.finish(keep)
    dataset = builder.rows.dataset
    places = builder.problems.list.map { "\($0.line) \($0.column ?? "")" }
    self.patients = patients
    self.notes = notes
    #expect(builder.dialect.delimiter == reader.dialect.delimiter)
  }
}

@Test func aTableIsTheSameInAnyDialectHoweverItIsCut() throws {
  var generator = SeededGenerator(seed: printedSeed())
  for number in 0..<60 {
    let table = AnyTable(&generator)
    let plain = try Reading(table.written(.plain, .utf8)) { 1 << 20 }
    for delimiter in TableDialect.Delimiter.allCases {
      for mark in [TableDialect.DecimalMark.point, .comma]
      where mark == .point || delimiter != .comma {
        let writing = Writing.allCases[generator.below(Writing.allCases.count)]
        let dialect = TableDialect(
          encoding: writing.encoding, delimiter: delimiter, decimalMark: mark)
        let bytes = table.written(dialect, writing)
        let shown = Comment(rawValue: "table \(number), \(writing), \(dialect)")
        for most in [1, 7, 80, bytes.count] {
          let reading = try Reading(bytes) { most < 80 ? most : 1 + generator.below(most) }
          try #require(reading == plain, shown)
        }
      }
    }
  }
}

@Test func charactersOfTwoUnitsAreReadHoweverTheyAreCut() throws {
  let text = "Größe; m,Age,Sex,BP,Cholesterol,Na_to_K,Drug\n😀𝒳,1,F,HIGH,HIGH,9,drugA\n"
  for writing in Writing.allCases where writing != .latin1 {
    for length in 1...7 {
      #expect(try Reading(writing.bytes(text)) { length }.notes == ["😀𝒳"], "\(writing)")
    }
  }
}

@Test(
  arguments: [
    ([0xd83d], "\u{fffd}"), ([0xde00], "\u{fffd}"), ([0xd83d, 0x41], "\u{fffd}A"),
    ([0xd83d, 0xd83d, 0xde00], "\u{fffd}😀"), ([0xde00, 0xd83d], "\u{fffd}\u{fffd}"),
  ]
    as [([UInt16], String)])
func halfACharacterIsShownAsOneThatIsNotKnown(_ units: [UInt16], _ shown: String) throws {
  let text =
    Array("Größe; m,Age,Sex,BP,Cholesterol,Na_to_K,Drug\n".utf16) + units
    + Array(",1,F,HIGH,HIGH,9,drugA\n".utf16)
  let bytes = text.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
  for length in [1, 2, 3, 1000] {
    #expect(try Reading(bytes) { length }.notes == [shown])
  }
}

@Test func anyBytesAreReadAlikeHoweverTheyAreCut() {
  // Beginnings of all kinds, and what may decide late.
  var generator = SeededGenerator(seed: printedSeed())
  let parts: [[UInt8]] = [
    [0xff, 0xfe], [0xfe, 0xff], [0xef, 0xbb, 0xbf], [0, 0], [0], [0xe9], [0xc3, 0xa9],
    [0xf0, 0x9f],
    [0x98, 0x80], Array(header.utf8), Writing.utf16BigEndian.bytes(header), [0xd8, 0x3d],
    [0xde, 0],
    Array("1;F;HIGH;HIGH;9,5;drugA\n".utf8), Array("1,F,HIGH,HIGH,9.5,drugA\n".utf8),
    Array("Age\tSex\tBP\tCholesterol\tNa_to_K\tDrug\n".utf8), Array("\"\t;,|\r\n".utf8),
    Writing.utf16LittleEndian.bytes("1,F,HIGH,HIGH,9.5,drugA\n"), Array(" \t\n".utf8),
  ]
  for _ in 0..<300 {
    let bytes = (0..<1 + generator.below(12)).flatMap { _ in parts[generator.below(parts.count)] }
    let whole = TableReading(bytes, pieceLength: bytes.count + 1)
    for length in [1, 2, 3, 7, 64] {
      #expect(TableReading(bytes, pieceLength: length) == whole, "\(bytes) in pieces of \(length)")
    }
  }
}
