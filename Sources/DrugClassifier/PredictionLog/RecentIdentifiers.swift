/// The identifiers of the newest records, by which a request that comes again is known.
///
/// The web server sends a request again at once when the connection to a responder breaks, so that
/// the newest are enough.
struct RecentIdentifiers {
  static let capacity = 16_384

  private var set: Set<String> = []
  /// The same identifiers, the oldest at `oldest` once there are as many as there may be.
  private var queue: [String] = []
  private var oldest = 0

  /// Adds an identifier.
  ///
  /// - Returns: whether it is new.
  mutating func insert(_ identifier: String) -> Bool {
    guard set.insert(identifier).inserted else { return false }
    if queue.count < Self.capacity {
      queue.append(identifier)
    } else {
      set.remove(queue[oldest])
      queue[oldest] = identifier
      oldest = (oldest + 1) % Self.capacity
    }
    return true
  }
}
