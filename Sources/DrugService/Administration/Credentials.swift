import FoundationEssentials
import Patients

/// What a request's header `Authorization` says.
enum Credentials {
  /// A name and a password (RFC 7617).
  case person(name: String, password: String)
  /// A key (RFC 6750).
  case key(String)
  /// Something that is not asked for here.
  case other

  /// Why a header is not understood: it is not in Base64, not UTF-8, has no colon or holds characters that
  /// control, which would spoil a log and which RFC 7617 rules out.
  struct Malformed: Error {}

  /// Reads the header.
  init(_ header: String) throws(Malformed) {
    let parts = header.split(separator: " ", maxSplits: 1)
    switch (parts.first?.lowercased(), parts.count) {
    case ("basic", 2):
      guard let data = Data(base64Encoded: String(parts[1])),
        let text = String(validating: data, as: UTF8.self),
        let colon = text.firstIndex(of: ":"),
        !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
      else { throw Malformed() }
      self = .person(
        name: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
    case ("basic", _): throw Malformed()
    case ("bearer", 2): self = .key(String(parts[1]))
    default: self = .other
    }
  }

  /// A name as it may stand in a log: short, and without what moves other text about.
  static func printable(_ name: String) -> String {
    String(name.unicodeScalars.prefix(64)).visible
  }
}
