/// Finds out what separates the columns of a table: the mark that gives its header most of the names
/// that are known, or else most columns, a comma before the others.
struct DelimiterChoice {
  /// The header as one of the marks would have it read.
  private struct Reading {
    let delimiter: TableDialect.Delimiter
    var parser: CSVParser
    var header: CSVRecord?
    var hasEnded = false

    init(_ delimiter: TableDialect.Delimiter) {
      self.delimiter = delimiter
      parser = CSVParser(delimiter: delimiter.byte)
    }
  }

  /// Empty lines before a header that fill so many bytes hide it.
  private static let maximumLength = 2 * CSVParser.maximumRecordSize
  /// What others put between columns.
  private static let otherMarks: [(byte: UInt8, name: String)] = [
    (UInt8(ascii: "|"), "|"), (UInt8(ascii: ":"), "colons"), (UInt8(ascii: " "), "spaces"),
  ]

  private let names: NameMatcher?
  private var readings = TableDialect.Delimiter.allCases.map(Reading.init)
  private var length = 0

  /// - Parameter names: those that are known, nil for a table of any columns.
  init(_ names: NameMatcher?) {
    self.names = names
  }

  /// Whether the header has come, however it is read.
  var isMade: Bool { readings.allSatisfy(\.hasEnded) }

  /// Looks at the beginning of a table, which has grown since.
  ///
  /// - Parameter isWhole: whether no more will come.
  mutating func read(_ text: Span<UInt8>, isWhole: Bool) {
    for index in readings.indices where !readings[index].hasEnded {
      var position = length
      do throws(TableError) {
        readings[index].header = try readings[index].parser.nextRecord(of: text, from: &position)
        readings[index].hasEnded = readings[index].header != nil
        guard isWhole, !readings[index].hasEnded else { continue }
        readings[index].hasEnded = true
        readings[index].header = try readings[index].parser.lastRecord()
      } catch {
        // Whoever reads the table says what is wrong.
        readings[index].hasEnded = true
      }
    }
    length = text.count
    guard length > Self.maximumLength else { return }
    for index in readings.indices { readings[index].hasEnded = true }
  }

  /// - Throws: `TableError` when something else separates the columns.
  func delimiter(of text: [UInt8]) throws(TableError) -> TableDialect.Delimiter {
    var best = (delimiter: TableDialect.Delimiter.comma, score: (0, 1))
    for reading in readings {
      let score = score(of: reading.header)
      if score > best.score { best = (reading.delimiter, score) }
    }
    guard best.score == (0, 1) else { return best.delimiter }
    for mark in Self.otherMarks {
      var parser = CSVParser(delimiter: mark.byte)
      var position = 0
      let header = (try? parser.nextRecord(of: text.span, from: &position)) ?? nil
      let (known, count) = score(of: header)
      guard known > 1 || (names == nil && count > 1 && mark.byte == UInt8(ascii: "|")) else {
        continue
      }
      throw TableError(
        message: "line \(header!.line): \(mark.name) separate the columns; write commas, "
          + "semicolons or tabs")
    }
    return best.delimiter
  }

  /// How many names of a header are known, and how many columns it has.
  private func score(of header: CSVRecord?) -> (known: Int, columns: Int) {
    guard let fields = header?.fields else { return (0, 0) }
    // A table of more columns is refused, whatever separates them.
    let looked = fields.prefix(TableLayout.maximumColumnCount + 1).map(TableLayout.text)
    let known = names?.match(looked).names.count { $0 != nil }
    return (known ?? 0, fields.count)
  }
}
