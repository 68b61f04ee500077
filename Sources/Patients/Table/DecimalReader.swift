/// Reads numbers of so few digits that one division gives the nearest double (Clinger 1990, "How to
/// Read Floating Point Numbers Accurately"): digits, with a mark behind the first or without.
package struct DecimalReader: Sendable {
  /// So many digits fit into 64 bits, and ten to the power of them is exact in a double.
  private static let maximumDigits = 19
  private let powersOfTen = (0...Self.maximumDigits).reduce(into: [1.0]) { powers, _ in
    powers.append(powers.last! * 10)
  }

  package init() {}

  /// Reads a number from `position`, which is behind it then.
  ///
  /// - Parameter mark: what stands before the tenths; nil where a number has none.
  /// - Returns: nil for what is no such number; it needs a second look.
  package func read(
    _ bytes: Span<UInt8>, _ position: inout Int, mark: UInt8? = UInt8(ascii: ".")
  ) -> Double? {
    var digits: UInt64 = 0
    func readDigits() -> Int {
      let start = position
      while position < bytes.count, position - start <= Self.maximumDigits {
        let digit = bytes[position] &- UInt8(ascii: "0")
        guard digit <= 9 else { break }
        digits = digits &* 10 &+ UInt64(digit)
        position += 1
      }
      return position - start
    }
    let whole = readDigits()
    var fraction = 0
    if position < bytes.count, bytes[position] == mark {
      position += 1
      fraction = readDigits()
    }
    guard whole > 0, whole + fraction <= Self.maximumDigits, digits <= 1 << 53 else { return nil }
    return Double(digits) / powersOfTen[fraction]
  }

  /// The number that a text is, infinite when it is too large to represent; nil for what is no number.
  package func number(_ text: String) -> Double? {
    var text = text
    let short = text.withUTF8 { bytes in
      var position = 0
      let number = read(bytes.span, &position)
      return position == bytes.count ? number : nil
    }
    return short ?? Double(text)
  }
}
