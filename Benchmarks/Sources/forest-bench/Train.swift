import RandomForest

/// `forest-bench train --data FOLDER --kind binned|continuous|synthetic --leaves N --threads N`
/// (and `--columns N --classes N --levels N` of a synthetic table, `--ordered yes`, `--extra yes`, `--bins N`):
/// the time from the measured rows in memory to a forest, its accuracy on the test part, and the
/// memory it took above the rows. Each run has a seed of its own; the accuracy is their mean.
func train() throws {
  let table = try Table(folder: option("data")!, kind: option("kind")!)
  var parameters = ForestParameters()
  parameters.treeCount = integer("trees", 100)
  parameters.maximumLeafCount = option("leaves").flatMap(Int.init)
  parameters.maximumDepth = option("depth").flatMap(Int.init)
  if option("extra") != nil {
    parameters.strategy = .random
    parameters.bootstrap = false
  }
  if let bins = option("bins").flatMap(Int.init) { parameters.maximumBinCount = bins }
  let threads = integer("threads", 2)
  var processor: [Double] = []
  var times: [Double] = []
  var memory = 0
  var accuracies: [Double] = []
  var forest: Forest?
  for run in 0..<integer("runs", 3) {
    forest = nil
    parameters.seed = UInt64(run)
    let trainer = ForestTrainer(parameters, threadCount: threads)
    let before = beginPeakMemory()
    let start = processorTime()
    times.append(
      try seconds {
        let schema = FeatureSchema(fitting: table.train, encodings: table.encodings)
        forest = try trainer.train(table.train, schema: schema).forest
      })
    processor.append(processorTime() - start)
    memory = max(memory, peakMemory() - before)
    accuracies.append(try Evaluation(of: forest!, on: table.test).confusion.accuracy)
  }
  if let path = option("save") { try forest!.write(to: path) }
  try print([
    "seconds": times.sorted()[times.count / 2],
    "accuracy": accuracies.reduce(0, +) / Double(accuracies.count), "accuracies": accuracies,
    "memory": memory, "nodes": forest!.nodeCount, "bytes": forest!.byteCount, "times": times,
    "cpu": processor.sorted()[processor.count / 2],
  ])
}
