import FoundationEssentials

/// Points in time as people read them.
enum Timestamp {
  /// RFC 3339 in UTC, to the millisecond.
  ///
  /// - Parameter time: microseconds since 1970-01-01 UTC.
  static func text(_ time: Int64) -> String {
    let (seconds, microseconds) = time.quotientAndRemainder(dividingBy: 1_000_000)
    let second = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    return second.dropLast() + "." + String(1000 + microseconds / 1000).dropFirst() + "Z"
  }
}
