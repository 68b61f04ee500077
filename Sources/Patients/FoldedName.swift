extension String {
  /// The name without what people write in different ways: case, blanks, and `_`, `-` and `/`.
  ///
  /// Letters are folded one by one, as `ß` and `ss`, `Σ` and `ς` are; a letter and its accent equal
  /// the letter that has it, as in any text.
  package var foldedName: String {
    var folded = ""
    for character in unicodeScalars where !character.isLeftOutOfNames {
      // A small dotless i is a letter of its own, whose capital is that of another.
      if character == "\u{131}" {
        folded.unicodeScalars.append(character)
      } else {
        folded += character.properties.uppercaseMapping.lowercasedByScalar
      }
    }
    return folded
  }

  private var lowercasedByScalar: String {
    unicodeScalars.reduce(into: "") { $0 += $1.properties.lowercaseMapping }
  }
}

extension Sequence<String> {
  /// The names in the order of their bytes, which is the same in every language.
  package var inByteOrder: [String] { sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}

extension Unicode.Scalar {
  /// Whether names are the same with this and without.
  fileprivate var isLeftOutOfNames: Bool {
    if isASCII { return "_-/".unicodeScalars.contains(self) || properties.isWhitespace }
    switch properties.generalCategory {
    case .dashPunctuation, .connectorPunctuation, .format: return true
    default: return properties.isWhitespace
    }
  }
}
