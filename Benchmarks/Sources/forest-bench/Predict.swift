import RandomForest

/// `forest-bench predict --data FOLDER --kind … --forest FILE --threads N`: rows a second in a batch
/// of the test part, and the time of one prediction in microseconds.
func predict() throws {
  let table = try Table(folder: option("data")!, kind: option("kind")!)
  let forest = try Forest(mapping: option("forest")!)
  try forest.verify()
  let rows = table.test
  let threads = integer("threads", 1)
  var rates: [Double] = []
  var sum = 0.0
  for _ in 0..<integer("runs", 5) {
    let time = try seconds {
      sum += try forest.probabilities(of: rows.values, threadCount: threads)[0]
    }
    rates.append(Double(rows.rowCount) / time)
  }
  let width = rows.featureCount
  var probabilities = [Double](repeating: 0, count: rows.classes.count)
  var votes = [Int32](repeating: 0, count: rows.classes.count)
  var single: [Double] = []
  let count = min(rows.rowCount, integer("single", 2000))
  for _ in 0..<integer("runs", 5) {
    let values = rows.values
    let time = try seconds {
      for row in 0..<count {
        var shares = probabilities.mutableSpan
        var counts = votes.mutableSpan
        try forest.predict(
          values.span.extracting(row * width..<(row + 1) * width), probabilities: &shares,
          votes: &counts)
      }
    }
    sum += probabilities[0]
    single.append(time / Double(count) * 1e6)
  }
  try print([
    "rows_per_second": rates.sorted()[rates.count / 2], "one_row_us": single.sorted()[2],
    "nodes": forest.nodeCount, "checksum": sum,
  ])
}
