/// Reads the rows that need no second look straight from the bytes: every field right, quotes only
/// around whole fields, numbers of digits and a mark.
///
/// What it reads is what `CSVParser` and `TableLayout` would have read; every other row it leaves to
/// them, which also know what to say of it.
struct RowScanner {
  private enum Column {
    case ignored
    case category(slot: Int, levels: Range<Int>, mayMiss: Bool)
    case number(slot: Int, limits: ClosedRange<Double>, isWhole: Bool, mayMiss: Bool)
  }

  private let columns: [Column]
  /// The levels of all categories as words, see `word`.
  private let levels: [UInt64]
  private let decimals = DecimalReader()
  /// What stands between fields.
  var delimiter = UInt8(ascii: ",")
  /// What stands before the tenths of a number, and of one that must be whole; nil leaves those that
  /// have something there to the second look.
  var decimalMark: UInt8? = UInt8(ascii: ".")
  var wholeMark: UInt8? = UInt8(ascii: ".")
  /// One row: the features, then the label, then the weight.
  private var slots: [Double]
  private let labelSlot: Int

  init(_ layout: TableLayout) {
    let schema = layout.schema
    var levels: [UInt64] = []
    func column(_ slot: Int, _ field: PatientField) -> Column {
      switch field.domain {
      case .category(let names):
        let start = levels.count
        levels += names.map(Self.word)
        return .category(
          slot: slot, levels: start..<levels.count, mayMiss: !field.isRequired)
      case .number(let limits):
        return .number(
          slot: slot, limits: field.range, isWhole: limits.isWhole, mayMiss: !field.isRequired)
      }
    }
    let labelSlot = schema.inputs.count
    columns = layout.columns.map { meaning in
      switch meaning {
      case .ignored: return .ignored
      case .drug: return column(labelSlot, schema.target)
      case .count:
        return .number(
          slot: labelSlot + 1, limits: 1...Double(TableColumn.maximumCount), isWhole: true,
          mayMiss: false)
      case .field(let index):
        let field = schema.fields[index]
        return column(schema.inputs.firstIndex(of: field)!, field)
      }
    }
    self.labelSlot = labelSlot
    self.levels = levels
    slots = [Double](repeating: 1, count: labelSlot + 2)
  }

  /// Reads rows from `position`, where a row begins, until one needs a second look or is not whole.
  ///
  /// - Returns: how many rows were read, each a line; `position` is behind them.
  mutating func readRows(
    _ bytes: Span<UInt8>, from position: inout Int, into rows: inout TableRows
  ) -> Int {
    var count = 0
    while let end = readRow(bytes, from: position) {
      let weight = Int(slots[labelSlot + 1])
      // What makes the table too large is told with its line.
      guard rows.sampleCount + weight <= TableColumn.maximumTotal else { break }
      rows.values.append(contentsOf: slots[..<labelSlot])
      rows.labels.append(Int(slots[labelSlot]))
      rows.weights.append(weight)
      rows.sampleCount += weight
      position = end
      count += 1
    }
    return count
  }

  /// Reads one row into `slots` and gives the position behind its line end.
  private mutating func readRow(_ bytes: Span<UInt8>, from start: Int) -> Int? {
    var position = start
    for index in columns.indices {
      if index > 0 {
        guard position < bytes.count, bytes[position] == delimiter else { return nil }
        position += 1
      }
      guard readField(columns[index], bytes, &position) else { return nil }
    }
    guard position - start <= CSVParser.maximumRecordSize else { return nil }
    return Self.endOfLine(bytes, position)
  }

  private mutating func readField(
    _ column: Column, _ bytes: Span<UInt8>, _ position: inout Int
  ) -> Bool {
    skipBlanks(bytes, &position)
    let isQuoted = position < bytes.count && bytes[position] == UInt8(ascii: "\"")
    if isQuoted {
      position += 1
      skipBlanks(bytes, &position)
    }
    switch column {
    case .ignored:
      guard skipField(bytes, &position, isQuoted: isQuoted) else { return false }
    case .category(let slot, _, true) where endsField(bytes, position),
      .number(let slot, _, _, true) where endsField(bytes, position):
      slots[slot] = .nan
    case .category(let slot, let range, _):
      let word = Self.word(bytes, &position, until: delimiter)
      guard let level = range.first(where: { levels[$0] == word }) else { return false }
      slots[slot] = Double(level - range.lowerBound)
    case .number(let slot, let limits, let isWhole, _):
      guard let number = decimals.read(bytes, &position, mark: isWhole ? wholeMark : decimalMark),
        limits.contains(number), !isWhole || number == number.rounded()
      else { return false }
      slots[slot] = number
    }
    skipBlanks(bytes, &position)
    if isQuoted {
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return false }
      position += 1
      skipBlanks(bytes, &position)
    }
    return true
  }

  /// The longest run of letters and the like, up to 8 bytes, the first byte highest.
  private static func word(
    _ bytes: Span<UInt8>, _ position: inout Int, until delimiter: UInt8 = UInt8(ascii: ",")
  ) -> UInt64 {
    var word: UInt64 = 0
    let end = min(position + 8, bytes.count)
    while position < end, bytes[position] > UInt8(ascii: ","), bytes[position] != delimiter {
      word = word << 8 | UInt64(bytes[position])
      position += 1
    }
    return word
  }

  /// The word of a level's name; 0, which no field has, for one that does not fit.
  private static func word(_ name: String) -> UInt64 {
    var position = 0
    let word = word(Array(name.utf8).span, &position)
    return position == name.utf8.count ? word : 0
  }

  private func skipBlanks(_ bytes: Span<UInt8>, _ position: inout Int) {
    while position < bytes.count,
      bytes[position] == UInt8(ascii: " ") || bytes[position] == UInt8(ascii: "\t"),
      bytes[position] != delimiter
    {
      position += 1
    }
  }

  /// Whether nothing more of the field follows.
  private func endsField(_ bytes: Span<UInt8>, _ position: Int) -> Bool {
    guard position < bytes.count else { return false }
    return switch bytes[position] {
    case delimiter, UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\""): true
    default: false
    }
  }

  /// Passes over a field whose content does not matter.
  private func skipField(
    _ bytes: Span<UInt8>, _ position: inout Int, isQuoted: Bool
  ) -> Bool {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""): return isQuoted
      case delimiter where !isQuoted: return true
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return !isQuoted
      case 0: return false
      default: position += 1
      }
    }
    return false
  }

  /// The position behind the line end that stands at `position`; nil when there is none, or when
  /// the next piece might go on with it.
  private static func endOfLine(_ bytes: Span<UInt8>, _ position: Int) -> Int? {
    guard position < bytes.count else { return nil }
    if bytes[position] == UInt8(ascii: "\n") { return position + 1 }
    guard bytes[position] == UInt8(ascii: "\r"), position + 1 < bytes.count else { return nil }
    return position + (bytes[position + 1] == UInt8(ascii: "\n") ? 2 : 1)
  }
}
