// Numbers as people write them.

extension Double {
  /// The number without a needless fraction.
  public var plain: String { self == rounded() && magnitude < 1e15 ? "\(Int(self))" : "\(self)" }
}

extension Int {
  /// The number with a comma behind every third digit from the right.
  public var grouped: String {
    let digits = Array(String(magnitude))
    let groups = digits.indices.map { index in
      let rest = digits.count - index
      return String(digits[index]) + (rest > 1 && rest % 3 == 1 ? "," : "")
    }
    return (self < 0 ? "-" : "") + groups.joined()
  }
}
