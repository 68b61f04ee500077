import RandomForest

// `penguins [file]` trains a forest on invented penguins, writes it to the file, maps it again and asks
// it about one penguin. What must hold is checked on the way.
let path = CommandLine.arguments.dropFirst().first ?? "/tmp/penguins.rf"

/// Nobody catches it: the program ends with these words and a status that is not 0.
struct Broken: Error, CustomStringConvertible {
  let description: String
}

func require(_ holds: Bool, _ otherwise: String) throws(Broken) {
  if !holds { throw Broken(description: otherwise) }
}

/// A number with three decimals at most.
func short(_ number: Double) -> String { "\((number * 1000).rounded() / 1000)" }

// The data.
let table = Penguins.table(count: 900, seed: 1)
let (training, test) = try table.stratifiedSplit(testFraction: 1.0 / 3, seed: 2)
let classes = table.classes
print("\(training.rowCount) penguins to train on, \(test.rowCount) to test: \(classes)")

// Training. The schema says how features become columns; it goes into the file with the trees.
let schema = FeatureSchema(fitting: training, encodings: [.identity, .identity, .oneHot])
var parameters = ForestParameters()
parameters.maximumLeafCount = 12
var trainer = ForestTrainer(parameters, threadCount: 2)
trainer.estimatesOutOfBag = true
let result = try trainer.train(training, schema: schema)
let (trained, outOfBag) = (result.forest, result.outOfBag!)
print("\(trained.treeCount) trees, \(trained.nodeCount) nodes, \(trained.byteCount) bytes")
for (feature, share) in zip(table.features, result.importances) {
  print("  importance of \(feature.name): \(short(share.mean)) ± \(short(share.standardDeviation))")
}

// Evaluation: by the trees that had not seen a penguin, and on those that none has seen.
let evaluation = try Evaluation(of: trained, on: test)
for (name, scores) in [("out of bag", outOfBag.evaluation), ("test", evaluation)] {
  print(
    "\(name): accuracy \(short(scores.confusion.accuracy)),",
    "macro F1 \(short(scores.confusion.macroAverage.f1)), log-loss \(short(scores.logLoss)),",
    "calibration error \(short(scores.expectedCalibrationError))")
}
print("actual (down) and predicted (across):")
for actual in classes.indices {
  let counts = classes.indices.map { evaluation.confusion[actual: actual, predicted: $0] }
  print("  \(classes[actual]): \(counts)")
}
// No forest can tell the wrong labels. Penguins that look alike and chance may cost as much again.
try require(
  evaluation.confusion.accuracy > 1 - 2 * Penguins.wrongLabels,
  "the accuracy is \(evaluation.confusion.accuracy), less than wrong labels explain")

// The file is written whole or not at all; one check of every byte, and predictions are faster.
try trained.write(to: path)
let forest = try Forest(mapping: path)
try forest.verify()
print("\(path) is written, mapped and verified")

// One penguin in between two species. A categorical value is the index of its level.
let penguin = [43, 196, Double(Penguins.islands.firstIndex(of: "Dream")!)]
let prediction = try forest.predict(penguin)
try require(prediction == trained.predict(penguin), "the file predicts otherwise than the forest")
try require(
  prediction == predictInPlace(penguin, with: forest), "the two ways of predicting differ")
print("bill 43, flipper 196, Dream: \(classes[prediction.label]), votes \(prediction.votes)")

// Why: what each input adds to the mean probability of each species.
let explanation = try forest.explain(penguin)
for (label, species) in classes.enumerated() {
  let added = table.features.indices.map { explanation.inputs[$0 * classes.count + label] }
  let (mean, probability) = (explanation.baseValues[label], prediction.probabilities[label])
  let terms = zip(table.features, added).map { " + \($0.name) \(short($1))" }.joined()
  print("  \(species) \(short(probability)) = mean \(short(mean))\(terms)")
  try require(
    abs(added.reduce(mean, +) - probability) < 1e-9, "the explanation does not add up")
}

// How sure: the species that cannot be ruled out.
let conformal = ConformalPredictor(
  calibratingOn: outOfBag, rows: 0..<training.rowCount, coverage: 0.95)
let set = conformal.predictionSet(for: prediction.probabilities).map { classes[$0] }
let covered = try (0..<test.rowCount).count { row in
  let probabilities = try forest.predict(Array(test.row(row))).probabilities
  return conformal.predictionSet(for: probabilities).contains(test.labels[row])
}
let coverage = Double(covered) / Double(test.rowCount)
print("at 95% coverage: \(set); such sets hold \(short(coverage)) of the test part's labels")
try require(coverage > 0.9, "the sets hold \(coverage) of the labels, which is not about 0.95")

// One tree, as anybody could draw it.
let tree = try forest.tree(0)
guard case .split(let column, let threshold, let left) = tree.nodes[0] else {
  throw Broken(description: "the first tree tests nothing")
}
print(
  "tree 0 has \(tree.nodes.count) nodes; its root sends \(Int(tree.covers[left])) of",
  "\(Int(tree.covers[0])) penguins left, with \(schema.columnNames[column]) <= \(short(threshold))")
