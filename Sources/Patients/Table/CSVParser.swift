/// One record of a CSV file.
struct CSVRecord {
  /// The line on which the record begins, from 1.
  let line: Int
  /// The fields without their quotes, as bytes.
  let fields: [ArraySlice<UInt8>]
  /// Where the quoting is wrong, nil when it is right.
  let quotingProblem: String?
}

/// Splits bytes that come in pieces into CSV records (RFC 4180).
///
/// Lines end with LF, CRLF or CR; a UTF-8 byte order mark and empty lines are passed over.
struct CSVParser {
  /// A record longer than this shows that the file is not a CSV file.
  static let maximumRecordSize = 65_536

  private enum State {
    case fieldStart
    case unquoted
    case quoted
    case quoteInQuoted
  }

  private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

  /// What stands between fields.
  var delimiter: UInt8

  private var state = State.fieldStart
  private var bytes: [UInt8] = []
  private var fieldEnds: [Int] = []
  private var line = 1
  private var recordLine = 1
  private var problem: String?
  private var previousWasCarriageReturn = false
  /// How much of a leading byte order mark has been passed over; nil behind the start.
  private var markLength: Int? = 0
  private var hasHeader = false

  init(delimiter: UInt8 = UInt8(ascii: ",")) {
    self.delimiter = delimiter
  }

  /// Takes bytes from `position` on until they have completed a record, which may have begun in
  /// an earlier piece.
  ///
  /// - Returns: the record, or nil when the bytes are used up.
  mutating func nextRecord(
    of piece: Span<UInt8>, from position: inout Int
  ) throws(TableError) -> CSVRecord? {
    while position < piece.count {
      let byte = piece[position]
      position += 1
      guard let record = try takeBehindMark(byte) else { continue }
      if previousWasCarriageReturn, position < piece.count, piece[position] == UInt8(ascii: "\n") {
        previousWasCarriageReturn = false
        position += 1
      }
      return record
    }
    return nil
  }

  /// Ends the input: the last record need not end with a line end.
  mutating func lastRecord() throws(TableError) -> CSVRecord? {
    try endMark()
    if state == .quoted { throw wrong("a quoted field does not end", line: recordLine) }
    return endRecord()
  }

  /// Whether a record begins with the byte `next`, so that a caller may read whole lines by itself
  /// and say so with `passOver`.
  func isBetweenRecords(before next: UInt8) -> Bool {
    markLength == nil && state == .fieldStart && bytes.isEmpty && fieldEnds.isEmpty
      && !(previousWasCarriageReturn && next == UInt8(ascii: "\n"))
  }

  /// Counts lines that the caller has read.
  mutating func passOver(lines: Int) {
    line += lines
    recordLine = line
    previousWasCarriageReturn = false
  }

  private mutating func takeBehindMark(_ byte: UInt8) throws(TableError) -> CSVRecord? {
    if let length = markLength {
      if byte == Self.byteOrderMark[length] {
        markLength = length == 2 ? nil : length + 1
        return nil
      }
      try endMark()
    }
    return try take(byte)
  }

  /// What began like a byte order mark but is none belongs to the first field.
  private mutating func endMark() throws(TableError) {
    let length = markLength ?? 0
    markLength = nil
    for byte in Self.byteOrderMark[..<length] { _ = try take(byte) }
  }

  private mutating func take(_ byte: UInt8) throws(TableError) -> CSVRecord? {
    let followsCarriageReturn = previousWasCarriageReturn
    previousWasCarriageReturn = false
    if byte == 0 { throw wrong("a NUL byte: this is not a text file", line: line) }
    if state == .quoted {
      if byte == UInt8(ascii: "\"") { state = .quoteInQuoted } else { try append(byte) }
      if byte == UInt8(ascii: "\n") { line += 1 }
      return nil
    }
    switch byte {
    case UInt8(ascii: "\n") where followsCarriageReturn:
      recordLine = line
    case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
      previousWasCarriageReturn = byte == UInt8(ascii: "\r")
      line += 1
      return endRecord()
    case delimiter:
      try checkSize()
      endField()
    case UInt8(ascii: "\"") where state == .quoteInQuoted:
      try append(byte)
      state = .quoted
    case UInt8(ascii: "\"") where state == .fieldStart && fieldIsBlank:
      bytes.removeSubrange((fieldEnds.last ?? 0)...)
      state = .quoted
    case UInt8(ascii: " "), UInt8(ascii: "\t"):
      // Around quotes, spaces are no part of the field.
      if state != .quoteInQuoted { try append(byte) }
    default:
      if state == .quoteInQuoted || byte == UInt8(ascii: "\"") {
        problem = problem ?? "a quote stands inside a field"
        state = .unquoted
      }
      if state == .fieldStart { state = .unquoted }
      try append(byte)
    }
    return nil
  }

  private var fieldIsBlank: Bool {
    bytes[(fieldEnds.last ?? 0)...].allSatisfy(Self.isBlank)
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  private mutating func append(_ byte: UInt8) throws(TableError) {
    try checkSize()
    bytes.append(byte)
  }

  private func checkSize() throws(TableError) {
    guard bytes.count + fieldEnds.count < Self.maximumRecordSize else {
      throw wrong(
        "a record of more than \(Self.maximumRecordSize) bytes: this is not a CSV file",
        line: recordLine)
    }
  }

  private mutating func endField() {
    fieldEnds.append(bytes.count)
    state = .fieldStart
  }

  private mutating func endRecord() -> CSVRecord? {
    // A line of tabs before the header is as empty as one of spaces, if tabs separate fields or not.
    let isEmptyLine =
      (fieldEnds.isEmpty || (!hasHeader && delimiter == UInt8(ascii: "\t")))
      && state == .fieldStart && bytes.allSatisfy(Self.isBlank)
    defer {
      bytes.removeAll(keepingCapacity: true)
      fieldEnds.removeAll(keepingCapacity: true)
      problem = nil
      state = .fieldStart
      recordLine = line
    }
    if isEmptyLine { return nil }
    hasHeader = true
    endField()
    var start = 0
    let fields = fieldEnds.map { end in
      defer { start = end }
      return bytes[start..<end]
    }
    return CSVRecord(line: recordLine, fields: fields, quotingProblem: problem)
  }

  private func wrong(_ message: String, line: Int) -> TableError {
    TableError(message: "line \(line): \(message)")
  }
}
