/// What makes a split or a resampling impossible.
public struct SamplingError: Error, Equatable, CustomStringConvertible {
  /// What is wrong, in words.
  public let description: String

  /// Creates an error from its words.
  public init(description: String) {
    self.description = description
  }
}
