import TestSupport
import Testing

@testable import Patients

private let drugs = "DrugY, drugA, drugB, drugC, drugX"
private let good = "1,F,HIGH,HIGH,9,drugA\n"

@Suite struct TableProblemsTests {
  /// What is said of rows below a header.
  private func told(_ rows: String) throws -> [String] {
    try #require(try refusal(header + rows)).split(separator: "\n").dropFirst()
      .map { String($0.dropFirst(2)) }
  }

  @Test func aFaultOfManyRowsIsOneLine() throws {
    let rows = "1,F,HIGH,HIGH,9,DRUGY\n\(good)"
    #expect(
      try told(String(repeating: rows, count: 91))
        == ["91 rows, first line 2: Drug is DRUGY; did you mean DrugY?"])
    #expect(
      try told(good + String(repeating: "1,F,HIGH,HIGH,9,aspirin\n", count: 3))
        == ["3 rows, first line 3: Drug must be one of \(drugs) (found \"aspirin\")"])
  }

  @Test func eachKindAndValueHasALineInTheOrderOfTheFirst() throws {
    let rows = """
      121,F,HIGH,HIGH,9,drugA
      1,F,HIGH,HIGH,9,druga
      121,F,HIGH,HIGH,9,drugb
      x,F,HIGH,HIGH,9,druga
      130,F,HIGH,HIGH,9,
      1,F,HIGH
      1,F,HIGH

      """
    #expect(
      try told(rows) == [
        #"2 rows, first line 2: Age must be a whole number from 0 to 120 (found "121")"#,
        "2 rows, first line 3: Drug is druga; did you mean drugA?",
        "line 4, column Drug: Drug must be one of \(drugs) (found \"drugb\"; did you mean drugB?)",
        "line 5, column Age: Age must be a number; allowed: whole number from 0 to 120 (found \"x\")",
        #"line 6, column Age: Age must be a whole number from 0 to 120 (found "130")"#,
        "line 6, column Drug: Drug is missing; allowed: \(drugs)",
        "2 rows, first line 7: 3 fields instead of 6",
      ])
  }

  @Test func manyValuesOfAColumnAreOneLineWithExamples() throws {
    let rows = (0..<1000).map { "\(200 + $0),F,HIGH,HIGH,9,drugA\n" }.joined()
    #expect(
      try told(rows) == [
        "1000 rows, first line 2: Age must be a whole number from 0 to 120"
          + #" (found "200", "201", "202" and others)"#
      ])
  }

  @Test func anyNumberOfKindsTakesAFewLines() throws {
    let rows = (7..<1007).map { String(repeating: ",", count: $0) + "\n" }.joined()
    let lines = try told(rows)
    #expect(lines.count == 201)
    #expect(lines.last == "and 800 more of other kinds")
    #expect(lines.first == "line 2: 8 fields instead of 6")
  }

  @Test func millionsOfBadRowsTakeTheMemoryOfAFew() {
    var problems = TableProblems()
    for line in 0..<200_000 {
      problems.add([
        RowProblem(line: line, column: "Age", detail: "no", allowed: nil, found: "\(line)"),
        RowProblem(line: line, column: nil, detail: "\(line) fields", allowed: nil, found: nil),
      ])
    }
    #expect(problems.count == 400_000)
    #expect(problems.rowCount == 200_000)
    #expect(problems.list.count == 10_000)
    #expect(problems.lines().count == 201)
    #expect(
      problems.lines()[0] == #"200000 rows, first line 0: no (found "0", "1", "2" and others)"#)
    #expect(problems.lines(each: true).last == "and 390000 more")
  }

  @Test func aSummaryNamesKindsAndNoValue() throws {
    let rows = "450,F,HIGH,HIGH,9,DRUGY\n451,M,Hihg,HIGH,9,DRUGY\n1,F,HIGH,HIGH,9,DRUGY\n"
    do {
      _ = try readTable(header + rows)
    } catch let error as TableError {
      #expect(
        error.summary()
          == "3 invalid rows; 2 rows, first line 2: Age must be a whole number from 0 to 120;"
          + " 3 rows, first line 2: Drug must be one of \(drugs);"
          + " line 3, column BP: BP must be one of HIGH, LOW, NORMAL")
      #expect(error.summary(limit: 1).hasSuffix("to 120; and 4 more"))
    }
  }

  @Test func whatIsSuggestedIsFitForATerminal() {
    let problem = RowProblem(
      line: 2, column: "Drug", detail: "no", allowed: nil, found: "drug\u{fffd}[",
      names: ["drug\u{1b}["])
    #expect(
      problem.description
        == "line 2, column Drug: no (found \"drug\u{fffd}[\"; did you mean drug\u{fffd}[?)")
  }
}
