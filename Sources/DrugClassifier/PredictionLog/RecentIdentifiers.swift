/// The identifiers of the newest records, by which a request that comes again is known.
///
/// The web server sends a request again at once when the connection to a responder breaks, so that
/// the newest are enough.
struct RecentIdentifiers {
  /// At least so many of the newest are known.
  static let capacity = 8192

  /// An identifier as nginx makes them, 32 hexadecimal digits, is a number: one that is compared in
  /// place, where the bytes of a text would have to be fetched.
  private enum Key: Hashable {
    case number(high: UInt64, low: UInt64)
    case text(String)

    init(_ identifier: String) {
      var halves: (high: UInt64, low: UInt64) = (0, 0)
      var count = 0
      for byte in identifier.utf8 {
        let digit: UInt8
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
        default:
          self = .text(identifier)
          return
        }
        halves.high = halves.high << 4 | halves.low >> 60
        halves.low = halves.low << 4 | UInt64(digit)
        count += 1
      }
      self = count == 32 ? .number(high: halves.high, low: halves.low) : .text(identifier)
    }
  }

  private var newer: Set<Key> = []
  private var older: Set<Key> = []

  /// Adds an identifier.
  ///
  /// - Returns: whether it is new.
  mutating func insert(_ identifier: String) -> Bool {
    let key = Key(identifier)
    guard !older.contains(key), newer.insert(key).inserted else { return false }
    if newer.count == Self.capacity {
      swap(&newer, &older)
      newer.removeAll(keepingCapacity: true)
    }
    return true
  }
}
