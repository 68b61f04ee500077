/// The text of a table in UTF-8, from bytes that come in pieces: what they are, and what separates
/// the columns, is recognised before the first of it is given.
///
/// A table in UTF-8 is not copied but for its first line.
struct TableText {
  /// Some of the text.
  enum Part {
    /// Bytes of the piece, by their places.
    case unchanged(Range<Int>)
    /// What others have become.
    case decoded([UInt8])
  }

  /// The longest text that is decoded at once, but for the first part.
  private static let maximumPartLength = 1 << 16

  /// How the table is written; its mark of decimals is for who reads numbers to say.
  var dialect: TableDialect {
    TableDialect(encoding: decoder?.encoding ?? .utf8, delimiter: delimiter)
  }
  private var delimiter = TableDialect.Delimiter.comma
  /// The first bytes, as long as they do not show what they are.
  private var window: [UInt8] = []
  private var decoder: TextDecoder?
  /// Nil once the header has shown what separates the columns.
  private var choice: DelimiterChoice?
  /// The text up to there.
  private var beginning: [UInt8] = []

  /// - Parameter names: names that the header may have; those of a table of any columns are not known.
  init(columns names: NameMatcher? = nil) {
    choice = DelimiterChoice(names)
  }

  /// Gives the next part of the text, from `position` of a piece on, which is behind it then.
  ///
  /// - Returns: nil when the piece is used up.
  mutating func next(
    of piece: Span<UInt8>, from position: inout Int
  ) throws(TableError) -> Part? {
    while decoder == nil, position < piece.count {
      window.append(piece[position])
      position += 1
      if window.count == TableDialect.Encoding.windowLength { try recognise() }
    }
    while choice != nil, position < piece.count {
      decoder!.decode(piece[position], into: &beginning)
      position += 1
      try lookAtBeginning()
    }
    if choice == nil, !beginning.isEmpty { return .decoded(takeBeginning()) }
    guard position < piece.count else { return nil }
    let count = decoder!.unchangedCount(of: piece, from: position)
    if count > 0 {
      position += count
      return .unchanged(position - count..<position)
    }
    var text: [UInt8] = []
    while position < piece.count, text.count < Self.maximumPartLength,
      decoder!.unchangedCount(of: piece, from: position) == 0
    {
      decoder!.decode(piece[position], into: &text)
      position += 1
    }
    return .decoded(text)
  }

  /// Ends the table and gives the rest of its text.
  mutating func finish() throws(TableError) -> [UInt8] {
    if decoder == nil { try recognise() }
    var text = takeBeginning()
    try decoder!.finish(into: &text)
    guard choice != nil else { return text }
    beginning = text
    try lookAtBeginning(isWhole: true)
    return takeBeginning()
  }

  private mutating func recognise() throws(TableError) {
    var decoder = TextDecoder(try TableDialect.Encoding.recognised(from: window))
    for byte in window { decoder.decode(byte, into: &beginning) }
    window = []
    self.decoder = decoder
    try lookAtBeginning()
  }

  /// Decides what separates the columns, if the header has come.
  private mutating func lookAtBeginning(isWhole: Bool = false) throws(TableError) {
    guard var choice else { return }
    // Moved, since a copy would be made of what it holds.
    self.choice = nil
    choice.read(beginning.span, isWhole: isWhole)
    if choice.isMade {
      delimiter = try choice.delimiter(of: beginning)
    } else {
      self.choice = choice
    }
  }

  private mutating func takeBeginning() -> [UInt8] {
    defer { beginning = [] }
    return beginning
  }
}
