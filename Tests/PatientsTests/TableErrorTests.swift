@testable import Patients
import POSIX
import RandomForest
import Testing
import TestSupport

private let drugs = "DrugY, drugA, drugB, drugC, drugX"

@Suite struct TableWidthTests {
  @Test(arguments: [0, 250, 251, 20_000])
  func aTableOfTooManyColumnsIsRefused(_ more: Int) throws {
    let names = (0..<more).map { ",x\($0 % 10)" }.joined()
    let said = try refusal(
      header.replacing("\n", with: "\(names)\n") + "1,F,HIGH,HIGH,9,drugA"
        + String(repeating: ",", count: more))
    let words = "line 1: \(more + 6) columns, of which there may be at most 256"
    #expect(said == (more > 250 ? words : nil))
  }
}

/// A row, and what is said of it: the place, what is wrong, what is allowed, what was found.
private let badRows: [(row: String, problem: String)] = [
  ("1,F,HIGH,HIGH,9", "line 2: 5 fields instead of 6"),
  ("1,F,HIGH,HIGH,9,drugA,", "line 2: 7 fields instead of 6"),
  (#"1,F"F,HIGH,HIGH,9,drugA"#, "line 2: a quote stands inside a field"),
  (#"1,"F"F,HIGH,HIGH,9,drugA"#, "line 2: a quote stands inside a field"),
  (
    ",F,HIGH,HIGH,9,drugA",
    "line 2, column Age: Age is missing; allowed: whole number from 0 to 120"
  ),
  (
    "x,F,HIGH,HIGH,9,drugA",
    #"line 2, column Age: Age must be a number; allowed: whole number from 0 to 120 (found "x")"#
  ),
  (
    "121,F,HIGH,HIGH,9,drugA",
    #"line 2, column Age: Age must be a whole number from 0 to 120 (found "121")"#
  ),
  (
    "-1,F,HIGH,HIGH,9,drugA",
    #"line 2, column Age: Age must be a whole number from 0 to 120 (found "-1")"#
  ),
  (
    "1e999,F,HIGH,HIGH,9,drugA",
    #"line 2, column Age: Age must be a whole number from 0 to 120 (found "1e999")"#
  ),
  (
    "23.5,F,HIGH,HIGH,9,drugA",
    "line 2, column Age: Age must be a whole number; allowed: whole number from 0 to 120"
      + #" (found "23.5")"#
  ),
  (
    "1,f,HIGH,HIGH,9,drugA",
    #"line 2, column Sex: Sex must be one of F, M (found "f"; did you mean F?)"#
  ),
  ("1,F,,HIGH,9,drugA", "line 2, column BP: BP is missing; allowed: HIGH, LOW, NORMAL"),
  (
    "1,F,high,HIGH,9,drugA",
    #"line 2, column BP: BP must be one of HIGH, LOW, NORMAL (found "high"; did you mean HIGH?)"#
  ),
  (
    "1,F,HIGH,LOW,9,drugA",
    #"line 2, column Cholesterol: Cholesterol must be one of HIGH, NORMAL (found "LOW")"#
  ),
  (
    "1,F,HIGH,HIGH,0,drugA",
    #"line 2, column Na_to_K: Na_to_K must be a number above 0, at most 100 (found "0")"#
  ),
  (
    "1,F,HIGH,HIGH,100.00000000000002,drugA",
    "line 2, column Na_to_K: Na_to_K must be a number above 0, at most 100"
      + #" (found "100.00000000000002")"#
  ),
  (
    "1,F,HIGH,HIGH,nan,drugA",
    "line 2, column Na_to_K: Na_to_K must be a number; allowed: number above 0, at most 100"
      + #" (found "nan")"#
  ),
  (
    "1,F,HIGH,HIGH,0x9,drugA",
    "line 2, column Na_to_K: Na_to_K must be a number; allowed: number above 0, at most 100"
      + #" (found "0x9")"#
  ),
  ("1,F,HIGH,HIGH,9,", "line 2, column Drug: Drug is missing; allowed: \(drugs)"),
  (
    "1,F,HIGH,HIGH,9,druga",
    #"line 2, column Drug: Drug must be one of \#(drugs) (found "druga"; did you mean drugA?)"#
  ),
]

@Test(arguments: badRows)
func aBadRowIsNamedWithItsLineColumnAndWhatIsAllowed(_ row: String, _ problem: String) throws {
  #expect(try refusal(header + row + "\n") == "1 invalid row\n  \(problem)")
  // The same row in a file with a good one, whatever the lines end with.
  let crlf = (header + "1,F,HIGH,HIGH,9,drugA\n" + row + "\n").replacing("\n", with: "\r\n")
  let third = problem.replacing("line 2", with: "line 3")
  #expect(try refusal(crlf) == "1 invalid row\n  \(third)")
}

@Test(arguments: ["0", "-1", "1.5", "1000000001", "x", "", "1e99"])
func aBadCountIsNamed(_ count: String) throws {
  let found = count.isEmpty ? "" : " (found \"\(count)\")"
  #expect(
    try refusal("count,\(header)\(count),1,F,HIGH,HIGH,9,drugA\n")
      == "1 invalid row\n  line 2, column count: count must be a whole number from 1 to 1000000000"
      + found)
}

@Test(arguments: ["", "note,"])
func countsThatAddUpToTooManyAreRefusedWithTheirLine(_ column: String) throws {
  // A field in quotes with a line end inside is not read by the fast way.
  let note = column.isEmpty ? "" : "\"a\nb\","
  let row = ",23,F,HIGH,HIGH,25.355,DrugY\n"
  func table(_ last: Int) -> String {
    "\(column)count,\(header)\(note)1000000000\(row)\(note)1000000000\(row)\(note)\(last)\(row)"
  }
  #expect(try readTable(table(147_483_647)).dataset.sampleCount == 2_147_483_647)
  let line = column.isEmpty ? 4 : 6
  #expect(
    try refusal(table(147_483_648))
      == "line \(line): the counts up to here add up to more than 2147483647 patients")
}

@Test func everythingThatIsWrongIsNamedAtOnce() throws {
  let text = header + "121,X,HIGH,HIGH,9,drugA\n1,F,HIGH,HIGH,9,drugA\n1,F,HIGH,HIGH,-9,\n"
  #expect(
    try refusal(text) == """
      2 invalid rows
        line 2, column Age: Age must be a whole number from 0 to 120 (found "121")
        line 2, column Sex: Sex must be one of F, M (found "X")
        line 4, column Na_to_K: Na_to_K must be a number above 0, at most 100 (found "-9")
        line 4, column Drug: Drug is missing; allowed: \(drugs)
      """)
}

@Test func linesAreCountedAcrossQuotedLineEndsAndEmptyLines() throws {
  let text = "note,\(header)\"a\nb\",1,F,HIGH,HIGH,9,drugA\n\n\n,1,F,HIGH,HIGH,9,drugZ\n"
  #expect(try refusal(text)?.contains("\n  line 6, column Drug:") == true)
}

@Test func whatWasFoundIsShownShortAndHarmless() throws {
  let wide = String(repeating: "w", count: 60)
  let text = header + "1,\u{1b}[2J,HIGH,HIGH,9,drugA\n1,F,\(wide),HIGH,9,drugA\n"
  let shown = try #require(try refusal(text))
  #expect(shown.contains("(found \"\u{fffd}[2J\")"))
  #expect(shown.contains("(found \"" + wide.prefix(40) + "…\")"))
  #expect(!shown.contains("\u{1b}"))
}

@Test(arguments: [false, true])
func bytesThatAreNotUTF8AreNamedNotFatal(_ isMarked: Bool) throws {
  // After a mark of UTF-8 they are what they are; without one all of the file is Latin-1.
  let bytes =
    (isMarked ? [0xef, 0xbb, 0xbf] : []) + Array(header.utf8) + Array("1,".utf8) + [0xff, 0xfe]
    + Array(",HIGH,HIGH,9,drugA\n".utf8)
  let shown = try refusal { try readTable(bytes) }
  #expect(
    shown == "1 invalid row\n  line 2, column Sex: Sex must be one of F, M"
      + " (found \"\(isMarked ? "\u{fffd}\u{fffd}" : "ÿþ")\")")
}

@Test func moreThanTenThousandProblemsAreCountedNotListed() throws {
  let text = header + String(repeating: "200,X,HIGH,HIGH,9,drugA\n", count: 6000)
  do {
    _ = try readTable(text)
    Issue.record("the file was read")
  } catch var error as TableError {
    #expect(error.message == "6000 invalid rows")
    #expect(error.problems.count == 10_000)
    #expect(error.problemCount == 12_000)
    #expect(
      error.description.hasSuffix(
        """
        : 6000 invalid rows
          6000 rows, first line 2: Age must be a whole number from 0 to 120 (found "200")
          6000 rows, first line 2: Sex must be one of F, M (found "X")
        """))
    error.tellsEachProblem = true
    #expect(error.description.hasSuffix("\n  and 2000 more"))
  }
}

private let refusedFiles: [(text: String, message: String)] = [
  ("", "the file is empty"),
  ("\n\r\n  \n", "the file is empty"),
  ("\u{feff}", "the file is empty"),
  (header, "the file has no row below its header"),
  (
    "Age,Sex,Drug\n1,F,drugA\n",
    "line 1: missing column BP, Cholesterol, Na_to_K; the first line must name Age, Sex, BP,"
      + " Cholesterol, Na_to_K, Drug"
  ),
  (
    "Sex,BP,Cholesterol,Na_to_K,Drug\n",
    "line 1: missing column Age; the first line must name Age, Sex, BP, Cholesterol, Na_to_K, Drug"
  ),
  ("\nAge,Sex,BP,Cholesterol,Na_to_K,Drug,Sex\n", "line 2: column Sex stands twice"),
  ("count,Age,Sex,BP,Cholesterol,Na_to_K,Drug,count\n", "line 1: column count stands twice"),
  ("Age,Sex,BP,Cholesterol,Na_to_K,Drug,\"a\"b\n", "line 1: a quote stands inside a field"),
  (
    header + "1,F,HIGH,HIGH,9,\"drugA\n1,F,HIGH,HIGH,9,drugA\n",
    "line 2: a quoted field does not end"
  ),
  (header + "1,F,HIGH,HIGH,9,drug\u{0}A\n", "line 2: a NUL byte: this is not a text file"),
]

@Test(arguments: refusedFiles)
func aFileThatIsNoTableIsRefused(_ text: String, _ message: String) throws {
  #expect(try refusal(text) == message)
}

@Test(arguments: ["1", ",", "\"\n", "\"\""])
func aRecordWithoutAnEndIsRefused(_ beginning: String) throws {
  let rest = String(repeating: beginning.last!, count: 200_000)
  let shown = try refusal("note,\(header)\(beginning)\(rest)")
  #expect(shown == "line 2: a record of more than 65536 bytes: this is not a CSV file")
}

@Test func aFileWithoutAValidRowIsRefusedAlsoWhenInvalidRowsMayBeLeftOut() throws {
  let shown = try refusal { try readTable(header + "1,F,HIGH,HIGH,9,drugZ\n", skipInvalid: true) }
  #expect(shown?.hasPrefix("the file has no valid row\n  line 2, column Drug:") == true)
}

@Test func whatIsNotAReadableFileIsRefusedWithItsName() throws {
  try withTemporaryFolder { folder in
    func message(_ path: String) throws -> String {
      do {
        _ = try PatientTable(path: path, schema: .drug200)
        return "it was read"
      } catch {
        return error.description
      }
    }
    let missing = "\(folder)/missing.csv"
    #expect(try message(missing) == "\(missing): open: No such file or directory")
    #expect(try message(folder) == "\(folder): this is a folder, not a file")
    // A pipe nobody writes to: opening it must not wait.
    let pipe = "\(folder)/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(try message(pipe) == "\(pipe): this is not a regular file")
    #expect(try message("/dev/null") == "/dev/null: this is not a regular file")
    // A file that opens and cannot be read from its beginning.
    #expect(try message("/proc/self/mem") == "/proc/self/mem: read: Input/output error")
    let secret = try write(Array(header.utf8), to: "\(folder)/secret.csv")
    #expect(chmod(secret, 0) == 0)
    #expect(try withoutRights { try message(secret) } == "\(secret): open: Permission denied")
  }
}

@Test func twoGigabytesOfZerosAreRefusedAtTheFirst() throws {
  try withTemporaryFolder { folder in
    let path = try write([], to: "\(folder)/zeros.csv")
    #expect(truncate(path, 2 << 30) == 0)
    let shown = try refusal { try PatientTable(path: path, schema: .drug200) }
    #expect(shown == "line 1: a NUL byte: this is not a text file")
  }
}
