import FastCGI

/// The whole numbers of a query, for example `limit=50&before=123`.
struct Query {
  private var values: [String: Int] = [:]

  /// Reads a query.
  ///
  /// - Parameter ranges: the names that there may be, and what each may be.
  /// - Throws: `ServiceError.invalidQuery` for anything else.
  init(_ head: RequestHead, _ ranges: [String: ClosedRange<Int>]) throws(ServiceError) {
    for part in head.query.split(separator: "&") {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, let range = ranges[String(pair[0])],
        pair[1].utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
        let value = Int(pair[1]), range.contains(value)
      else {
        let allowed = ranges.sorted { $0.key < $1.key }.map { name, range in
          range.upperBound >= 1 << 53 - 1
            ? "\(name)=NUMBER" : "\(name)=NUMBER (\(range.lowerBound) to \(range.upperBound))"
        }
        throw .invalidQuery(allowed: "?" + allowed.joined(separator: ", "))
      }
      values[String(pair[0])] = value
    }
  }

  subscript(name: String) -> Int? { values[name] }
}
