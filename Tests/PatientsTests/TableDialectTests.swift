import RandomForest
import TestSupport
import Testing

@testable import Patients

/// How tests write a text.
enum Writing: CaseIterable {
  case utf8, markedUTF8, utf16LittleEndian, utf16BigEndian, markedUTF16LittleEndian,
    markedUTF16BigEndian, latin1

  var encoding: TableDialect.Encoding {
    switch self {
    case .utf8, .markedUTF8: .utf8
    case .utf16LittleEndian, .markedUTF16LittleEndian: .utf16LittleEndian
    case .utf16BigEndian, .markedUTF16BigEndian: .utf16BigEndian
    case .latin1: .windows1252
    }
  }

  func bytes(_ text: String) -> [UInt8] {
    switch self {
    case .utf8: Array(text.utf8)
    case .markedUTF8: [0xef, 0xbb, 0xbf] + Array(text.utf8)
    case .utf16LittleEndian: text.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
    case .utf16BigEndian: text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    case .markedUTF16LittleEndian: Self.utf16LittleEndian.bytes("\u{feff}" + text)
    case .markedUTF16BigEndian: Self.utf16BigEndian.bytes("\u{feff}" + text)
    case .latin1: text.unicodeScalars.map { $0 == "€" ? 0x80 : UInt8($0.value) }
    }
  }
}

@Suite struct TableDialectTests {
  /// The documented patient, as it must be read.
  private func isRead(_ bytes: [UInt8], as told: String?) throws -> Bool {
    let table = try readTable(bytes)
    #expect(table.dialect.isPlain == (told == nil))
    if let told { #expect(table.dialect.description == told) }
    #expect(table.digest == SHA256.digest(of: bytes))
    return table.dataset.values == [1, 0, 1, 45, 15.5] && table.dataset.labels == [0]
  }

  @Test(
    arguments: [
      (
        "Age;Sex;BP;Cholesterol;Na_to_K;Drug\n45;M;HIGH;NORMAL;15,5;DrugY\n",
        "UTF-8, separated by semicolons, decimal commas"
      ),
      (
        "Age;Sex;BP;Cholesterol;Na_to_K;Drug\r\n45;M;HIGH;NORMAL;15.5;DrugY\r\n",
        "UTF-8, separated by semicolons"
      ),
      (
        "Age\tSex\tBP\tCholesterol\tNa_to_K\tDrug\n45\tM\tHIGH\tNORMAL\t15.5\tDrugY\n",
        "UTF-8, separated by tabs"
      ),
      (
        "Age\tSex\tBP\tCholesterol\tNa_to_K\tDrug\n45\tM\tHIGH\tNORMAL\t15,5\tDrugY",
        "UTF-8, separated by tabs, decimal commas"
      ),
      (
        "\"Age\" ; \"Sex\";BP;Cholesterol;Na_to_K;\"a;b\";Drug\n45;M; \"HIGH\" ;NORMAL;\"15,5\";,;DrugY",
        "UTF-8, separated by semicolons, decimal commas"
      ),
      // Empty lines before the header, and a tab that is a blank in a table of semicolons.
      (
        "\n \t\n\t\t\nAge\tSex\tBP\tCholesterol\tNa_to_K\tDrug\n\n45\tM\tHIGH\tNORMAL\t15.5\tDrugY",
        "UTF-8, separated by tabs"
      ),
      (
        "\tAge\t;Sex;BP;Cholesterol;Na_to_K;Drug\n45\t;\tM;HIGH;NORMAL;15.5;DrugY",
        "UTF-8, separated by semicolons"
      ),
      (
        "Age,Sex,BP,Cholesterol,Na_to_K,Drug,seen (a; b; c; d; e; f; g; h)\n45,M,HIGH,NORMAL,15.5,DrugY,",
        nil
      ),
      ("Age\t,\tSex\t,\tBP,Cholesterol,Na_to_K,Drug\n45,M,HIGH,NORMAL,15.5,DrugY", nil),
    ] as [(String, String?)])
  func aTableIsReadWithTheMarksThatItHas(_ text: String, _ told: String?) throws {
    #expect(try isRead(Array(text.utf8), as: told))
    for writing in Writing.allCases where writing != .latin1 {
      let words = told ?? "UTF-8, separated by commas"
      let isPlain = told == nil && writing.encoding == .utf8
      let name = writing.encoding == .utf8 ? "UTF-8" : "UTF-16"
      #expect(
        try isRead(
          writing.bytes(text), as: isPlain ? nil : words.replacing("UTF-8", with: name)))
    }
  }

  @Test func unicodeTextOfASpreadsheetIsRead() throws {
    let text = "Age\tSex\tBP\tCholesterol\tNa_to_K\tDrug\n45\tM\tHIGH\tNORMAL\t15.5\tDrugY\n"
    #expect(
      try isRead(Writing.markedUTF16LittleEndian.bytes(text), as: "UTF-16, separated by tabs"))
  }

  @Test(arguments: ["Größe", "Возраст", "Ηλικία", "é", "Ø", "€"], Writing.allCases)
  func aHeaderInAnotherScriptShowsWhatTheBytesAre(_ name: String, _ writing: Writing) throws {
    if writing == .latin1, !["Größe", "é", "Ø"].contains(name) { return }
    let text = "\(name);Age;Sex;BP;Cholesterol;Na_to_K;Drug\n\(name);45;M;HIGH;NORMAL;15,5;DrugY\n"
    let table = try readTable(writing.bytes(text))
    #expect(table.ignoredColumns == [name])
    #expect(table.dialect.encoding == writing.encoding)
  }

  @Test func theFirstLetterBeyondASCIIDecidesHoweverLateItComes() throws {
    let plain = "1,F,HIGH,HIGH,9,drugA,x\n"
    let text =
      "Age,Sex,BP,Cholesterol,Na_to_K,Drug,note\n" + String(repeating: plain, count: 60_000)
    #expect(try readTable(text + "1,F,HIGH,HIGH,9,drugA,caf\u{e9}").dialect.isPlain)
    let table = try readTable(Array(text.utf8) + Writing.latin1.bytes("1,F,HIGH,HIGH,9,drugA,café"))
    #expect(table.dialect.description == "Latin-1, separated by commas")
    #expect(table.dataset.rowCount == 60_001)
  }

  @Test func whatIsCarriedAlongComesInUTF8() throws {
    let text = "who;Age;Sex;BP;Cholesterol;Na_to_K\nMüller, „A“ €;45;M;HIGH;NORMAL;15,5\n"
    for writing in [Writing.utf8, .utf16BigEndian, .markedUTF16LittleEndian] {
      #expect(try fields(writing.bytes(text))[0] == "Müller, „A“ €")
    }
    let latin = "who;Age;Sex;BP;Cholesterol;Na_to_K\nMüller €;45;M;HIGH;NORMAL;15,5\n"
    #expect(
      try fields(Writing.latin1.bytes(latin)) == ["Müller €", "45", "M", "HIGH", "NORMAL", "15,5"])
  }

  /// The fields of the first row, which must be a patient.
  private func fields(_ bytes: [UInt8]) throws -> [String] {
    var reader = PatientReader(of: .drug200)
    var found: [String] = []
    let keep = { (row: PatientReader.Row, _: [String]) in
      #expect(row.patient == DocumentedPatient.first, "\(row.problems)")
      found = row.fields
    }
    try reader.read(bytes.span, keep)
    try reader.finish(keep)
    #expect(reader.dialect.decimalMark == .comma)
    return found
  }
}

@Suite struct RefusedDialectTests {
  private let columns = "Age;Sex;BP;Cholesterol;Na_to_K;Drug\n"

  @Test(arguments: [
    ("Age|Sex|BP|Cholesterol|Na_to_K|Drug\n", "line 1: | separate the columns"),
    ("\nAge:Sex:BP:Cholesterol:Na_to_K:Drug\n", "line 2: colons separate the columns"),
    ("Age  Sex BP Cholesterol Na_to_K Drug\n", "line 1: spaces separate the columns"),
  ])
  func otherMarksAreNamed(_ text: String, _ words: String) throws {
    #expect(try refusal(text) == words + "; write commas, semicolons or tabs")
  }

  @Test func whatSeparatesNothingIsAHeaderOfOneColumn() throws {
    #expect(try refusal("Patients of ward 3\n")?.hasPrefix("line 1: missing column Age,") == true)
  }

  @Test(
    arguments: [
      (
        [0x50, 0x4b, 3, 4, 20, 0, 6, 0],
        "this is a workbook or an archive: save the sheet as CSV (UTF-8)"
      ),
      ([0xd0, 0xcf, 0x11, 0xe0, 0xa1], "this is an old workbook: save the sheet as CSV (UTF-8)"),
      ([0x1f, 0x8b, 8, 0], "this file is compressed with gzip: unpack it first"),
      (
        [0xff, 0xfe, 0, 0, 0x41, 0, 0, 0],
        "the file is UTF-32, which is not read here: save it as UTF-8"
      ),
      (
        [0, 0, 0xfe, 0xff, 0, 0, 0, 0x41],
        "the file is UTF-32, which is not read here: save it as UTF-8"
      ),
      (
        [0x41, 0, 0, 0, 0x42, 4, 0, 0],
        "the file is UTF-32, which is not read here: save it as UTF-8"
      ),
      (
        [0, 0, 0, 0x41, 0, 0, 4, 0x42],
        "the file is UTF-32, which is not read here: save it as UTF-8"
      ),
    ] as [([UInt8], String)])
  func otherFilesAreNamedWithWhatToDo(_ bytes: [UInt8], _ words: String) throws {
    #expect(try refusal { try readTable(bytes) } == words)
  }

  @Test func aTextThatWasCutInsideACharacterIsNotReadToItsEnd() throws {
    let bytes = Writing.markedUTF16LittleEndian.bytes(header + "1,F,HIGH,HIGH,9,drugA\n").dropLast()
    #expect(
      try refusal { try readTable(Array(bytes)) }
        == "the file ends inside a character of UTF-16: it was cut off")
  }

  private static let number = "Na_to_K must be a number; write it"
  private static let allowed = "; allowed: number above 0, at most 100"

  @Test(arguments: [
    (
      header, "1,F,HIGH,HIGH,\"15,5\",drugA",
      "\(number) with a decimal point, or separate the columns with semicolons\(allowed)"
        + " (found \"15,5\")"
    ),
    (
      header, "1,F,HIGH,HIGH,15,5,drugA",
      "7 fields instead of 6; where decimal commas are meant, write points or separate the columns "
        + "with semicolons"
    ),
    (header, "1,F,HIGH,HIGH,x,,drugA", "7 fields instead of 6"),
    (
      header, "1,F,HIGH,HIGH,1 000,drugA",
      "\(number) without separators of thousands\(allowed) (found \"1 000\")"
    ),
    (
      header, "1,F,HIGH,HIGH,\"1,234.5\",drugA",
      "\(number) without separators of thousands\(allowed) (found \"1,234.5\")"
    ),
    (
      header, "1,F,HIGH,HIGH,15.5.1x,drugA",
      "Na_to_K must be a number\(allowed) (found \"15.5.1x\")"
    ),
  ])
  func aNumberInATableOfCommasIsExplained(
    _ header: String, _ row: String, _ words: String
  ) throws {
    let said = try #require(try refusal(header + row + "\n"))
    #expect(said.hasSuffix(": \(words)"), "\(said)")
  }

  @Test(arguments: [
    // The first number with a mark says what the others must have.
    (
      "1;F;HIGH;HIGH;15,5;drugA\n1;F;HIGH;HIGH;15.5;drugA",
      "line 3, column Na_to_K: \(number) with a decimal comma, as those before it\(allowed)"
        + " (found \"15.5\")"
    ),
    (
      "1;F;HIGH;HIGH;9;drugA\n1;F;HIGH;HIGH;15.5;drugA\n1;F;HIGH;HIGH;15,5;drugA",
      "line 4, column Na_to_K: \(number) with a decimal point, as those before it\(allowed)"
        + " (found \"15,5\")"
    ),
    (
      "1;F;HIGH;HIGH;1.234,5;drugA",
      "line 2, column Na_to_K: \(number) without separators of thousands\(allowed)"
        + " (found \"1.234,5\")"
    ),
    (
      "1;F;HIGH;HIGH;1.234.567;drugA",
      "line 2, column Na_to_K: \(number) without separators of thousands\(allowed)"
        + " (found \"1.234.567\")"
    ),
    // A whole number with a mark before three digits is a thousand to some, and one to others.
    (
      "1.000;F;HIGH;HIGH;9;drugA",
      "line 2, column Age: Age must be a number; write it without separators of thousands; "
        + "allowed: whole number from 0 to 120 (found \"1.000\")"
    ),
  ])
  func aNumberInATableOfSemicolonsIsExplained(_ rows: String, _ words: String) throws {
    #expect(try refusal(columns + rows) == "1 invalid row\n  \(words)")
    let tabs = (columns + rows).replacing(";", with: "\t").replacing("\t write", with: "; write")
    #expect(try refusal(tabs) == "1 invalid row\n  \(words)")
  }

  @Test func aCountThatMayBeThousandsIsRefusedWhereAPointMayBeOne() throws {
    let row = "1;F;HIGH;HIGH;9;drugA;1.000\n"
    let said = try refusal(columns.replacing("Drug\n", with: "Drug;count\n") + row)
    #expect(said?.contains("line 2, column count: count must be a whole number from 1 to") == true)
    let commas = header.replacing("Drug\n", with: "Drug,count\n") + "1,F,HIGH,HIGH,9,drugA,1.000\n"
    #expect(try readTable(commas).dataset.sampleCount == 1)
  }

  @Test func wholeNumbersWithADecimalAreReadInBothSpellings() throws {
    for row in ["45,0;M;HIGH;NORMAL;15,5;DrugY;2,0", "45.0;M;HIGH;NORMAL;15.5;DrugY;2.0"] {
      let table = try readTable(columns.replacing("Drug\n", with: "Drug;count\n") + row)
      #expect(table.dataset.values == [1, 0, 1, 45, 15.5])
      #expect(table.dataset.weights == [2])
    }
  }
}
