import RandomForest

// What the library says of numbers, beside what other libraries say of the same.

func numbers(_ count: Int) -> [Feature] {
  (0..<count).map { Feature(name: "x\($0)", kind: .numeric) }
}

/// Rows of values and a class.
func dataset(_ rows: [Double], _ features: [Feature], classCount: Int) -> Dataset {
  var dataset = Dataset(features: features, classes: (0..<classCount).map { "c\($0)" })
  for start in stride(from: 0, to: rows.count, by: features.count + 1) {
    let end = start + features.count
    dataset.append(rows[start..<end], label: Int(rows[end]))
  }
  return dataset
}

/// Trains with the library's own settings.
///
/// - Returns: the forest, and the out-of-bag probabilities of each row.
func learn(_ dataset: Dataset, treeCount: Int, seed: UInt64) throws -> (Forest, [Double]) {
  var parameters = ForestParameters()
  parameters.treeCount = treeCount
  parameters.seed = seed
  var trainer = ForestTrainer(parameters)
  trainer.estimatesOutOfBag = true
  let trained = try trainer.train(dataset, schema: FeatureSchema(fitting: dataset))
  return (trained.forest, trained.outOfBag!.probabilities)
}

/// Trains on rows of numbers behind a level, one-hot or in an order.
func learnLevels(_ dataset: Dataset, isOrdered: Bool) throws -> Forest {
  var encodings = dataset.defaultEncodings
  if isOrdered { encodings[0] = dataset.orderedEncoding(ofColumn: 0) }
  let schema = FeatureSchema(fitting: dataset, encodings: encodings)
  return try ForestTrainer(ForestParameters()).train(dataset, schema: schema).forest
}

/// For each row the base values, then the contributions, shape (inputs, classes).
func explain(_ forest: Forest, _ rows: [Double]) throws -> [Double] {
  try forest.explanations(of: rows).flatMap { $0.baseValues + $0.inputs }
}

/// The rows with those of SMOTE behind them, each with its class.
func oversample(_ dataset: Dataset, seed: UInt64) throws -> [Double] {
  let balanced = try dataset.oversampled(seed: seed)
  return (0..<balanced.rowCount).flatMap { balanced.row($0) + [Double(balanced.labels[$0])] }
}

/// For each row of probabilities 1 for a class in its set.
///
/// - Parameter calibration: rows of probabilities and a class.
func sets(
  _ kind: String, coverage: Double, classCount: Int, calibration: [Double], _ rows: [Double]
) -> [Double] {
  let starts = Array(stride(from: 0, to: calibration.count, by: classCount + 1))
  let samples = CalibrationSamples(
    probabilities: starts.flatMap { calibration[$0..<$0 + classCount] },
    labels: starts.map { Int(calibration[$0 + classCount]) }, classCount: classCount)
  let predictor = ConformalPredictor.Score(rawValue: kind).map {
    ConformalPredictor(calibratingOn: samples, score: $0, coverage: coverage)
  }
  let byClass = ClassConditionalPredictor(calibratingOn: samples, coverage: coverage)
  return stride(from: 0, to: rows.count, by: classCount).flatMap { start in
    let probabilities = Array(rows[start..<start + classCount])
    let set =
      predictor?.predictionSet(for: probabilities) ?? byClass.predictionSet(for: probabilities)
    return (0..<classCount).map { set.contains($0) ? 1.0 : 0 }
  }
}
