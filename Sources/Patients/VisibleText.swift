extension String {
  /// The text with a mark in place of what would control a terminal, begin a line, or turn or hide
  /// what stands around it.
  package var visible: String {
    guard !unicodeScalars.allSatisfy(\.isVisible) else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.map { $0.isVisible ? $0 : "\u{fffd}" }))
  }
}

extension Unicode.Scalar {
  /// Whether a person sees this, or the space that it leaves.
  package var isVisible: Bool {
    if isASCII { return 0x20..<0x7f ~= value }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return false
    default: return true
    }
  }
}
