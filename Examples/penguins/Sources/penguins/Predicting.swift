import RandomForest

/// Predicts into arrays that a loop would use again: `Forest.predict(_:probabilities:votes:)` allocates
/// none. A span is lent by its array, which variables at the top level of a program cannot do.
func predictInPlace(_ sample: [Double], with forest: Forest) throws -> Prediction {
  var probabilities = [Double](repeating: 0, count: forest.schema.classes.count)
  var votes = [Int32](repeating: 0, count: forest.schema.classes.count)
  var shares = probabilities.mutableSpan
  var counts = votes.mutableSpan
  try forest.predict(sample.span, probabilities: &shares, votes: &counts)
  return Prediction(probabilities: probabilities, votes: votes.map(Int.init))
}
