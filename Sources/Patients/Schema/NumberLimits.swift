/// The numbers that a field accepts.
public struct NumberLimits: Sendable, Equatable {
  /// Whether only whole numbers are accepted.
  public var isWhole: Bool
  /// The least number; nil for no limit.
  public var minimum: Double?
  /// The greatest number; nil for no limit.
  public var maximum: Double?
  /// Whether the least number itself is not accepted.
  public var excludesMinimum = false
  /// Whether the greatest number itself is not accepted.
  public var excludesMaximum = false

  /// Accepts all numbers, or all whole numbers.
  public init(isWhole: Bool) {
    self.isWhole = isWhole
  }

  /// The least and the greatest number that is accepted; infinities never are.
  package var range: ClosedRange<Double>? {
    var low = minimum ?? -.greatestFiniteMagnitude
    var high = maximum ?? .greatestFiniteMagnitude
    if isWhole {
      low = excludesMinimum && low == low.rounded() ? low + 1 : low.rounded(.up)
      high = excludesMaximum && high == high.rounded() ? high - 1 : high.rounded(.down)
    } else {
      if excludesMinimum { low = low.nextUp }
      if excludesMaximum { high = high.nextDown }
    }
    return low <= high ? low...high : nil
  }

  /// The accepted numbers in words, for example `number above 0, at most 100`.
  public var words: String {
    if isWhole {
      guard let range else { return "whole number" }
      return switch (minimum, maximum) {
      case (nil, nil): "whole number"
      case (_?, nil): "whole number of \(range.lowerBound.plain) or more"
      case (nil, _?): "whole number of \(range.upperBound.plain) or less"
      case (_?, _?): "whole number from \(range.lowerBound.plain) to \(range.upperBound.plain)"
      }
    }
    switch (minimum?.plain, maximum?.plain) {
    case (nil, nil): return "number"
    case (let low?, nil):
      return excludesMinimum ? "number above \(low)" : "number of \(low) or more"
    case (nil, let high?):
      return excludesMaximum ? "number below \(high)" : "number of \(high) or less"
    case (let low?, let high?):
      if !excludesMinimum, !excludesMaximum { return "number from \(low) to \(high)" }
      return "number \(excludesMinimum ? "above" : "from") \(low), "
        + (excludesMaximum ? "below \(high)" : "at most \(high)")
    }
  }
}
