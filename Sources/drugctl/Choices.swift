public import ArgumentParser
public import Models
import RandomForest

/// Values of an option that takes a list, separated by commas.
struct Choices<Value: ExpressibleByArgument>: ExpressibleByArgument, CustomStringConvertible {
  let values: [Value]
  let description: String

  init(_ values: [Value]) {
    self.values = values
    description = values.map(\.defaultValueDescription).joined(separator: ",")
  }

  /// Reads one value or more, none twice.
  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let values = parts.compactMap { Value(argument: $0) }
    guard values.count == parts.count, Set(parts).count == parts.count else { return nil }
    self.values = values
    description = argument
  }

  var defaultValueDescription: String { description }
}

extension HyperparameterSearch.Strategy: ExpressibleByArgument {}

extension SearchMetric: ExpressibleByArgument {}
