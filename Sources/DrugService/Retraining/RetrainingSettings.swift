/// How a service retrains.
public struct RetrainingSettings: Sendable {
  /// The program that trains and the arguments before those of a request, for example
  /// `.build/release/drugctl retrain`.
  public var command: [String]
  /// The CSV file that the table `drug200` names.
  public var data: String
  /// How long a retraining may take.
  public var limit = Duration.seconds(3600)

  /// Creates the settings of a program.
  public init(command: [String], data: String) {
    self.command = command
    self.data = data
  }
}
