@testable import Patients
import RandomForest
import Testing
import TestSupport

/// What a table builder has made of a file, or the error it stopped with.
private struct Outcome: Equatable {
  var dataset: Dataset
  var problems: TableProblems
  var dialect: TableDialect
  var error: TableError?
}

/// Reads bytes in pieces whose lengths `pieceLength` gives.
private func read(_ bytes: [UInt8], _ pieceLength: () -> Int) -> Outcome {
  var builder = TableBuilder(.drug200)
  var failure: TableError?
  do throws(TableError) {
    var start = 0
    while start < bytes.count {
      let end = min(start + pieceLength(), bytes.count)
      try builder.read(bytes.span.extracting(start..<end))
      start = end
    }
    try builder.finish()
  } catch {
    failure = error
  }
  return Outcome(
    dataset: builder.rows.dataset, problems: builder.problems,
    dialect: builder.dialect, error: failure)
}

@Test func theScannerReadsAPlainFileAlone() throws {
  let bytes = Array(
    "23,F,HIGH,HIGH,25.355,DrugY\r\n \"47\" , M,LOW,NORMAL ,13.093,\"drugX\"\n".utf8)
  let layout = try TableLayout(
    CSVRecord(
      line: 1, fields: header.dropLast().split(separator: ",").map { ArraySlice($0.utf8) },
      quotingProblem: nil), .drug200)
  var scanner = RowScanner(layout)
  var rows = TableRows(schema: .drug200)
  var position = 0
  #expect(scanner.readRows(bytes.span, from: &position, into: &rows) == 2)
  #expect(position == bytes.count)
  #expect(rows.values == [0, 0, 0, 23, 25.355, 1, 1, 1, 47, 13.093])
}

@Test func howAFileIsCutIntoPiecesDoesNotMatter() throws {
  // Pieces of one byte hold no whole row, so that every row is read byte by byte.
  var generator = SeededGenerator(seed: printedSeed())
  for number in 0..<400 {
    let bytes = randomFile(&generator)
    let slowly = read(bytes) { 1 }
    let shown = Comment(rawValue: "file \(number): \(String(decoding: bytes, as: UTF8.self))")
    try #require(read(bytes) { bytes.count } == slowly, shown)
    try #require(read(bytes) { 1 + generator.below(80) } == slowly, shown)
  }
}

@Test func numbersAreReadAsTheNearestDouble() {
  var generator = SeededGenerator(seed: printedSeed())
  var numbers = ["9007199254740992e-15", "9.007199254740993", "0.1", "100", "99.99999999999999999"]
  numbers += ["0.30000000000000004", "1.0000000000000000000", "10.00000000000000000000000001"]
  for _ in 0..<20_000 {
    let whole = String(generator.below(100))
    let fraction = (0..<1 + generator.below(24)).map { _ in String(generator.below(10)) }.joined()
    numbers.append("\(whole).\(fraction)")
  }
  numbers.removeAll { Double($0) == 0 }
  let text = header + numbers.map { "1,F,HIGH,HIGH,\($0),drugA\n" }.joined()
  let outcome = read(Array(text.utf8)) { text.utf8.count }
  let values = (0..<outcome.dataset.rowCount).map { outcome.dataset.row($0).last! }
  #expect(values.map(\.bitPattern) == numbers.map { Double($0)!.bitPattern })
}

/// A file of right and wrong rows in many spellings, and now and then one that is no table.
private func randomFile(_ generator: inout SeededGenerator) -> [UInt8] {
  func any(_ choices: [String]) -> String { choices[generator.below(choices.count)] }
  func seldom(_ share: Int) -> Bool { generator.below(share) == 0 }

  let cells: [String: [String]] = [
    "Age": [
      "0", "23", "120", "074", "33.0", "1e1", "+5", "-0", "121", "1.5", "", "x", "1,2", "1.",
    ],
    "Sex": ["F", "M", "F", "M", "f", "", "FF"],
    "BP": ["HIGH", "LOW", "NORMAL", "HIGHER", "NORMALNORMAL", "\u{fc}"],
    "Cholesterol": ["HIGH", "NORMAL", "HIGH", "LOW", "HIGH\u{0}"],
    "Na_to_K": ["15.5", "7.798", "100", "1e-3", "0.000", "9007199254740993.0", "8.", ".5", "-1"],
    "Drug": ["DrugY", "drugA", "drugB", "drugC", "drugX", "drugY", ""],
    "count": ["1", "2", "1000000000", "3.0", "0", "1000000001", ""],
    "note": ["", "a b", "say \"\"so\"\"", "two,three", "a\nb", "a\rb", "\u{20ac}"],
    "": ["7", "", "\t"],
  ]
  var names = header.dropLast().split(separator: ",").map(String.init)
  for extra in ["count", "note", ""] where seldom(2) { names.append(extra) }
  for index in names.indices { names.swapAt(index, index + generator.below(names.count - index)) }

  func spelled(_ cell: String) -> String {
    let blanks = ["", "", "", " ", "\t "]
    let inner = seldom(8) ? any(blanks) + cell + any(blanks) : cell
    let mustQuote = cell.contains { ",\"\r\n".contains($0) } && !seldom(20)
    let field = mustQuote || seldom(6) ? "\"\(inner)\"" : inner
    return any(blanks) + field + any(blanks)
  }
  let end = any(["\n", "\r\n", "\r"])
  var text = (seldom(4) ? "\u{feff}" : "") + names.map(spelled).joined(separator: ",") + end
  // Cells that are wrong stand last in their lists; most rows take none of them.
  for _ in 0..<generator.below(40) {
    let isCareful = !seldom(3)
    var row = names.map { name in
      let choices = cells[name]!
      return spelled(
        isCareful && name != "note" ? choices[generator.below(min(2, choices.count))] : any(choices)
      )
    }
    if seldom(30) { row.append("") }
    if seldom(30) { row.removeLast() }
    text +=
      row.joined(separator: ",") + (seldom(15) ? any(["\n", "\r\n", "\r", "\n\n", " \n"]) : end)
  }
  var bytes = Array(text.utf8)
  for _ in 0..<generator.below(4) {
    bytes[generator.below(bytes.count)] = Array("\0\"\"\r\n,9 \u{ff}".utf8)[generator.below(10)]
  }
  return bytes
}
