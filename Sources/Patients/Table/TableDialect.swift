/// How a table is written: in which bytes, and with which marks.
public struct TableDialect: Sendable, Equatable, CustomStringConvertible {
  /// What its bytes are.
  public enum Encoding: Sendable {
    /// UTF-8, or ASCII.
    case utf8
    /// UTF-16, the low byte of each unit first.
    case utf16LittleEndian
    /// UTF-16, the high byte of each unit first.
    case utf16BigEndian
    /// Windows-1252, which has all of Latin-1 (ISO 8859-1).
    case windows1252
  }

  /// What stands between the columns.
  public enum Delimiter: Sendable, CaseIterable {
    /// `,`
    case comma
    /// `;`
    case semicolon
    /// A tab.
    case tab

    /// The mark as a byte.
    var byte: UInt8 {
      switch self {
      case .comma: UInt8(ascii: ",")
      case .semicolon: UInt8(ascii: ";")
      case .tab: UInt8(ascii: "\t")
      }
    }
  }

  /// What stands before the tenths of a number.
  public enum DecimalMark: Sendable {
    /// `.`
    case point
    /// `,`
    case comma

    /// The mark as a byte.
    var byte: UInt8 { self == .point ? UInt8(ascii: ".") : UInt8(ascii: ",") }
  }

  /// What the bytes are, as far as they have been read.
  public internal(set) var encoding = Encoding.utf8
  /// What stands between the columns.
  public internal(set) var delimiter = Delimiter.comma
  /// The mark of the numbers; nil where it may be either and no number had one.
  public internal(set) var decimalMark: DecimalMark? = .point

  /// UTF-8 and commas, as tables come out of here.
  public static let plain = TableDialect()

  /// Whether there is nothing to tell of it.
  public var isPlain: Bool { encoding == .utf8 && delimiter == .comma }

  /// For example `Latin-1, separated by semicolons, decimal commas`.
  public var description: String {
    let bytes =
      switch encoding {
      case .utf8: "UTF-8"
      case .utf16LittleEndian, .utf16BigEndian: "UTF-16"
      case .windows1252: "Latin-1"
      }
    let columns =
      switch delimiter {
      case .comma: "separated by commas"
      case .semicolon: "separated by semicolons"
      case .tab: "separated by tabs"
      }
    return "\(bytes), \(columns)" + (decimalMark == .comma ? ", decimal commas" : "")
  }
}
