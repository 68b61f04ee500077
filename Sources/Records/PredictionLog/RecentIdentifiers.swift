import Patients

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
    case number(UInt128)
    case text(String)

    init(_ identifier: String) {
      self = UInt128(hexadecimal: identifier, digitCount: 32).map(Key.number) ?? .text(identifier)
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
