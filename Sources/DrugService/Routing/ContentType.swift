import FastCGI

/// The Content-Type of a request (RFC 9110, section 8.3).
struct ContentType {
  /// Whether it is JSON in UTF-8.
  let isJSON: Bool
  /// Whether it is CSV in UTF-8.
  let isCSV: Bool
  /// Whether it is bytes of any kind.
  let isBytes: Bool

  init(_ head: RequestHead) {
    let type = head.contentType
    // As nearly everybody writes it.
    if type == "application/json" {
      (isJSON, isCSV, isBytes) = (true, false, false)
      return
    }
    let parts = type.lowercased()
      .split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
    let isUTF8 = parts.dropFirst().allSatisfy { parameter in
      !parameter.hasPrefix("charset=")
        || parameter == "charset=utf-8" || parameter == "charset=\"utf-8\""
    }
    isJSON = isUTF8 && parts[0] == "application/json"
    isCSV = isUTF8 && parts[0] == "text/csv"
    isBytes = parts[0] == "application/octet-stream"
  }

  /// The text without the blanks around it.
  private static func trimmed(_ text: Substring) -> Substring {
    var rest = text.drop { $0 == " " || $0 == "\t" }
    while rest.last == " " || rest.last == "\t" { rest.removeLast() }
    return rest
  }
}
