/// The identifiers of the newest records, by which a request that comes again is known.
///
/// The web server sends a request again at once when the connection to a responder breaks, so that
/// the newest are enough.
struct RecentIdentifiers {
  /// At least so many of the newest are known.
  static let capacity = 8192

  private var newer: Set<String> = []
  private var older: Set<String> = []

  /// Adds an identifier.
  ///
  /// - Returns: whether it is new.
  mutating func insert(_ identifier: String) -> Bool {
    guard !older.contains(identifier), newer.insert(identifier).inserted else { return false }
    if newer.count == Self.capacity {
      swap(&newer, &older)
      newer.removeAll(keepingCapacity: true)
    }
    return true
  }
}
