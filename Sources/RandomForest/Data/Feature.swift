/// A named input of a dataset and the values it can take.
public struct Feature: Sendable, Equatable {
  /// How the values of a feature are to be read.
  public enum Kind: Sendable, Equatable {
    /// A measured number.
    case numeric
    /// One of a fixed list of levels; a value is the index of its level.
    case categorical(levels: [String])
  }

  /// The feature's name, unique in its dataset.
  public let name: String
  /// How its values are to be read.
  public let kind: Kind

  /// Creates a feature.
  public init(name: String, kind: Kind) {
    self.name = name
    self.kind = kind
  }

  /// Whether the values are indices of levels.
  public var isCategorical: Bool {
    if case .categorical = kind { true } else { false }
  }
}
