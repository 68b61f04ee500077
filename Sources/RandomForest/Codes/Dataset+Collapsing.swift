extension Dataset {
  /// The same samples with equal rows merged, in an order that depends on the rows alone.
  ///
  /// What is drawn from this form at random, as splits, folds and synthetic samples are, depends
  /// neither on the order of the rows nor on their grouping into weights. Training needs no such care:
  /// it merges rows by itself.
  ///
  /// - Parameter threadCount: how many threads share the columns; it does not change the result.
  /// - Complexity: O(1) for rows that were merged before, else O(rowCount · featureCount), while no
  ///   column has more than 65,536 distinct values.
  public func collapsed(threadCount: Int = 1) -> Dataset {
    if isCollapsed { return self }
    // Every column is taken as the number it is.
    let encodings = features.map {
      EncodedFeature(Feature(name: $0.name, kind: .numeric), encoding: .identity)
    }
    let coded = CodedDataset(
      self, encodings, binLimit: Int(UInt16.max) + 1, threadCount: threadCount)
    let exactCount = coded.columns.inputs.prefix(while: \.isExact).count
    let width = featureCount
    func compare(_ a: Int, _ b: Int) -> Int {
      guard exactCount < width else { return coded.compare(labels, a, b) }
      for column in 0..<width {
        let first = values[a &* width &+ column].sortKey
        let second = values[b &* width &+ column].sortKey
        if first != second { return first < second ? -1 : 1 }
      }
      return labels[a] - labels[b]
    }
    let order = coded.sortedRows(
      labels, classCount: classes.count, exactInputCount: exactCount, compare)
    var result = Dataset(features: features, classes: classes)
    var previous: Int?
    for index in order.map(Int.init) {
      if let last = previous, compare(last, index) == 0 {
        result.weights[result.rowCount - 1] += weights[index]
      } else {
        result.append(row(index), label: labels[index], weight: weights[index])
      }
      previous = index
    }
    result.isCollapsed = true
    return result
  }
}
