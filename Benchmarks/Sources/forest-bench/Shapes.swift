import RandomForest

/// `forest-bench explain --data FOLDER --kind synthetic --forest FILE --rows N --threads N`: the
/// milliseconds that an explanation takes, one row at a time and many in one call.
func explain() throws {
  let table = try Table(folder: option("data")!, kind: "synthetic")
  let forest = try Forest(mapping: option("forest")!)
  try forest.verify()
  let width = table.test.featureCount
  let count = min(integer("rows", 200), table.test.rowCount)
  let rows = Array(table.test.values[..<(count * width)])
  var sum = 0.0
  let single = try seconds {
    for row in 0..<count {
      sum += try forest.explain(Array(rows[row * width..<(row + 1) * width])).columns[0]
    }
  }
  let batch = try seconds {
    sum += try forest.explanations(of: rows, threadCount: integer("threads", 1))[0].columns[0]
  }
  try print([
    "one_ms": single * 1000 / Double(count), "batch_ms": batch * 1000 / Double(count),
    "nodes": forest.nodeCount, "checksum": sum,
  ])
}

/// `forest-bench smote --data FOLDER --columns N`: the seconds in which SMOTE doubles a class.
func smote() throws {
  let table = try Table(folder: option("data")!, kind: "synthetic")
  var times: [Double] = []
  var rowCount = 0
  for seed in 0..<integer("runs", 3) {
    times.append(
      try seconds {
        rowCount = try table.train.oversampled(seed: UInt64(seed)).rowCount
      })
  }
  try print(["seconds": times.sorted()[times.count / 2], "rows": rowCount])
}
