/// Reads the numbers of a table, all of which have the same mark before their tenths: a point where
/// commas separate the columns, else that of the first number that has one.
struct TableNumbers {
  /// The mark; nil as long as it may be either.
  private(set) var mark: TableDialect.DecimalMark?
  let delimiter: TableDialect.Delimiter

  init(_ delimiter: TableDialect.Delimiter) {
    self.delimiter = delimiter
    mark = delimiter == .comma ? .point : nil
  }

  /// The number that a cell is, nil for what is none or may be two.
  ///
  /// - Parameter isWhole: whether a whole number is expected, where `1.000` is a thousand to some;
  ///   in a table with commas it is 1, as it always was.
  mutating func number(_ text: String, isWhole: Bool) -> Double? {
    // Swift also reads hexadecimal, infinities and NaN, which no table means.
    guard text.utf8.allSatisfy({ "+-.,0123456789eE".utf8.contains($0) }) else { return nil }
    guard let place = text.utf8.firstIndex(where: Self.isMark) else { return Double(text) }
    let used: TableDialect.DecimalMark = text.utf8[place] == UInt8(ascii: ",") ? .comma : .point
    let rest = text.utf8[place...].dropFirst()
    guard used == mark ?? used, !rest.contains(where: Self.isMark),
      !(isWhole && delimiter != .comma && rest.count == 3),
      let number = Double(used == .comma ? text.replacing(",", with: ".") : text)
    else { return nil }
    mark = used
    return number
  }

  /// The mark with which `RowScanner` may read numbers; nil for those that need a second look.
  func scannedMark(isWhole: Bool) -> UInt8? {
    isWhole && delimiter != .comma ? nil : mark?.byte
  }

  /// A problem with a cell in a number's column, with what to do where it is a number to people.
  func explained(_ problem: FieldProblem, of text: String) -> FieldProblem {
    guard problem.code == .wrongType, let advice = advice(on: text) else { return problem }
    return FieldProblem(
      pointer: problem.pointer, code: problem.code, detail: "\(problem.detail); write it \(advice)",
      allowed: problem.allowed)
  }

  /// What to do about a number that is not read.
  func advice(on text: String) -> String? {
    let marks = text.filter { $0 == "." || $0 == "," }
    let digits = text.drop { $0 == "-" || $0 == "+" }.filter {
      !".,'\u{2019} \u{a0}\u{202f}".contains($0)
    }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
    let isPlain = digits.count + 1 >= text.drop { $0 == "-" || $0 == "+" }.count
    switch (marks, mark) {
    case (",", .point) where isPlain && delimiter == .comma:
      return "with a decimal point, or separate the columns with semicolons"
    case (",", .point) where isPlain: return "with a decimal point, as those before it"
    case (".", .comma) where isPlain: return "with a decimal comma, as those before it"
    default: return "without separators of thousands"
    }
  }

  private static func isMark(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",")
  }
}

extension CSVRecord {
  /// What is wrong with the number of fields; nil for nothing.
  func widthProblem(_ columnCount: Int, _ delimiter: TableDialect.Delimiter) -> String? {
    guard fields.count != columnCount else { return nil }
    let words = "\(fields.count) fields instead of \(columnCount)"
    // A decimal comma leaves two whole numbers behind.
    let areWhole = fields.map { field in
      !field.isEmpty && field.allSatisfy { 0x30...0x39 ~= $0 }
    }
    guard delimiter == .comma, fields.count > columnCount,
      zip(areWhole, areWhole.dropFirst()).contains(where: { $0 && $1 })
    else { return words }
    return words + "; where decimal commas are meant, write points or separate the columns with "
      + "semicolons"
  }
}
