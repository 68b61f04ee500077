import Patients

extension String {
  /// A moment of RFC 3339 in UTC, as tables show it.
  var tableTime: String { replacing("T", with: " ").replacing("Z", with: "") }
}

/// A table for a terminal: columns of words flush left, columns of numbers flush right.
struct TextTable {
  private var rows: [[String]]
  private let wordColumns: Set<Int>

  /// Begins a table.
  ///
  /// - Parameter wordColumns: the columns that hold words, the first one alone unless you say so.
  init(_ header: [String], wordColumns: Set<Int> = [0]) {
    rows = [header.map(\.visible)]
    self.wordColumns = wordColumns
  }

  /// Adds a row; what would control the terminal in it is shown as a mark.
  mutating func add(_ row: [String]) {
    rows.append(row.map(\.visible))
  }

  /// The lines, indented by two spaces, with a rule under the header.
  var lines: [String] {
    let columnCount = rows.map(\.count).max() ?? 0
    let widths = (0..<columnCount).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    var lines = rows.map { row in
      var line = "  "
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        line += column == 0 ? "" : "  "
        line += wordColumns.contains(column) ? cell + padding : padding + cell
      }
      while line.last == " " { line.removeLast() }
      return line
    }
    let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
    lines.insert("  " + rule, at: 1)
    return lines
  }
}

extension Double {
  /// The number with a fixed count of decimal places; "–" for NaN.
  func fixed(_ places: Int) -> String {
    if isNaN { return "–" }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = (self * scale).rounded()
    guard scaled.magnitude < 1e15 else { return "\(self)" }
    let digits = String(Int(scaled.magnitude))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let sign = scaled < 0 ? "-" : ""
    if places == 0 { return sign + padded }
    return sign + padded.dropLast(places) + "." + padded.suffix(places)
  }

  /// A share as a percentage with one decimal place.
  var percent: String { (self * 100).fixed(1) + "%" }

  /// A bar whose length shows a share of `width` characters.
  func bar(_ width: Int) -> String {
    String(repeating: "█", count: Int((self * Double(width)).rounded()))
  }
}

extension ClosedRange<Double> {
  /// The ends with some decimal places.
  func fixed(_ places: Int) -> String {
    "\(lowerBound.fixed(places)) to \(upperBound.fixed(places))"
  }

  /// The ends of a share as percentages with one decimal place.
  var percent: String { "\(lowerBound.percent) to \(upperBound.percent)" }
}
