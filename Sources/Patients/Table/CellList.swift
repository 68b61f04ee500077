extension Sequence<String> {
  /// The names in one text that can be taken apart again: with a blank between each two, and a name that
  /// holds a blank or a quote in quotes, as CSV (RFC 4180) has it with the blank for a comma.
  package var inOneCell: String {
    map { name in
      name.quoted { $0 == " " || $0 == "\"" || (!$0.isASCII && $0.properties.isWhitespace) }
    }.joined(separator: " ")
  }

  /// The remarks in one text that can be taken apart again: with a semicolon and a blank between each two, and
  /// a remark that holds a semicolon or a quote in quotes.
  package var remarksInOneCell: String {
    map { $0.quoted { $0 == ";" || $0 == "\"" } }.joined(separator: "; ")
  }
}

extension String {
  /// The text in quotes, each quote in it doubled, if one of its scalars asks for it, or there is none.
  ///
  /// By scalars: a blank that a combining mark follows is still a blank to whoever takes the list apart.
  fileprivate func quoted(where asks: (Unicode.Scalar) -> Bool) -> String {
    guard isEmpty || unicodeScalars.contains(where: asks) else { return self }
    return unicodeScalars.reduce(into: "\"") { text, scalar in
      if scalar == "\"" { text += "\"" }
      text.unicodeScalars.append(scalar)
    } + "\""
  }
}

extension String {
  /// The fields of the text as a line of CSV (RFC 4180); nil where a quote stands in a wrong place, or the line
  /// ends. An empty text has none.
  ///
  /// - Parameter delimiter: what stands between two fields.
  package func fields(separatedBy delimiter: Unicode.Scalar = ",") -> [String]? {
    var parser = CSVParser(delimiter: UInt8(ascii: delimiter))
    let bytes = Array(utf8)
    var position = 0
    do throws(TableError) {
      guard try parser.nextRecord(of: bytes.span, from: &position) == nil else { return nil }
      guard let record = try parser.lastRecord() else { return [] }
      return record.quotingProblem == nil
        ? record.fields.map { String(decoding: $0, as: UTF8.self) } : nil
    } catch {
      return nil
    }
  }
}
