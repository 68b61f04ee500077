// Numbers as people write them.

extension Double {
  /// The number without a needless fraction.
  public var plain: String {
    self == rounded() && magnitude < 1e15 ? Int(self).description : description
  }
}

extension Int {
  /// A small number in a word, a greater one in digits.
  package var inWords: String {
    let words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    return 1...10 ~= self ? words[self - 1] : "\(self)"
  }

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

// Inlinable, so that each module has them for the types that it uses: every prediction has an
// identifier of such digits.
extension FixedWidthInteger {
  /// The number in hexadecimal digits, with zeros before it where it has fewer.
  @inlinable
  package func hexadecimal(digitCount: Int) -> String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: Swift.max(0, digitCount - digits.utf8.count)) + digits
  }

  /// The number of exactly so many hexadecimal digits, none of them a capital; nil for any other text.
  @inlinable
  package init?(hexadecimal text: String, digitCount: Int) {
    guard text.utf8.count == digitCount else { return nil }
    var number: Self = 0
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        number = number << 4 | Self(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"):
        number = number << 4 | Self(byte - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    self = number
  }
}
