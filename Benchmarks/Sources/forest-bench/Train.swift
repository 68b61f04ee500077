import RandomForest

/// `forest-bench train --data FOLDER --kind binned|continuous|synthetic --leaves N --threads N`:
/// the time from the measured rows in memory to a forest, its accuracy on the test part, and the
/// memory it took above the rows.
func train() throws {
  let table = try Table(folder: option("data")!, kind: option("kind")!)
  var parameters = ForestParameters()
  parameters.treeCount = integer("trees", 100)
  parameters.maximumLeafCount = option("leaves").flatMap(Int.init)
  parameters.maximumDepth = option("depth").flatMap(Int.init)
  let trainer = ForestTrainer(parameters, threadCount: integer("threads", 2))
  let before = beginPeakMemory()
  var times: [Double] = []
  var forest: Forest?
  for _ in 0..<integer("runs", 3) {
    forest = nil
    times.append(
      try seconds {
        let schema = FeatureSchema(fitting: table.train, encodings: table.encodings)
        forest = try trainer.train(table.train, schema: schema).forest
      })
  }
  let memory = peakMemory() - before
  if let path = option("save") { try forest!.write(to: path) }
  let evaluation = try Evaluation(of: forest!, on: table.test)
  try print([
    "seconds": times.sorted()[times.count / 2], "accuracy": evaluation.confusion.accuracy,
    "memory": memory, "nodes": forest!.nodeCount, "bytes": forest!.byteCount, "times": times,
  ])
}
