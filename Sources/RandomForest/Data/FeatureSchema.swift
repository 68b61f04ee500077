/// What a forest expects of a sample and what it answers: the measured features, how each becomes
/// columns, and the classes.
///
/// The schema is fitted on training rows, stored in the forest file and applied by the predictor
/// alone, so that serving cannot drift from training.
public struct FeatureSchema: Sendable, Equatable {
  /// The measured features in the order in which a sample gives its values.
  public let inputs: [EncodedFeature]
  /// The class names; predictions are indices into them.
  public let classes: [String]
  /// The first column of each input, and the column count last: shape (inputs.count + 1).
  public let columnStarts: [Int]

  /// Creates a schema from encoded features.
  public init(inputs: [EncodedFeature], classes: [String]) {
    self.inputs = inputs
    self.classes = classes
    var starts = [0]
    for input in inputs { starts.append(starts.last! + input.columnCount) }
    columnStarts = starts
  }

  /// Fits a schema to training rows: the given encodings and the ranges that the rows span.
  ///
  /// - Parameters:
  ///   - dataset: the training rows.
  ///   - encodings: one a feature; nil for `dataset.defaultEncodings`.
  /// - Precondition: there is one encoding a feature, each fitting its feature.
  public init(fitting dataset: Dataset, encodings: [FeatureEncoding]? = nil) {
    let encodings = encodings ?? dataset.defaultEncodings
    precondition(encodings.count == dataset.featureCount, "one encoding a feature")
    let ranges = dataset.finiteRanges(ofColumns: 0..<dataset.featureCount)
    self.init(
      inputs: zip(zip(dataset.features, encodings), ranges).map { pair, range in
        EncodedFeature(
          pair.0, encoding: pair.1, observedRange: pair.0.isCategorical ? nil : range)
      },
      classes: dataset.classes)
  }

  /// The number of encoded columns.
  public var columnCount: Int { columnStarts.last! }
  /// The names of the encoded columns, in order.
  public var columnNames: [String] { inputs.flatMap(\.columnNames) }

  /// The ranks of levels in all orders.
  var rankCount: Int {
    inputs.reduce(0) { sum, input in
      guard case .ordered(let orders) = input.encoding else { return sum }
      return sum + orders.count * orders[0].count
    }
  }

  /// The columns of the rows that `encode` gives. A number stays one column, missing where it is.
  var rowColumns: [EncodedFeature] {
    inputs.flatMap { input in
      input.isMeasured
        ? [input]
        : input.columnNames.map {
          EncodedFeature(Feature(name: $0, kind: .numeric), encoding: .identity)
        }
    }
  }

  /// For each column the one that it is counted with: the first of the two of a number that may be
  /// missing or of the orders of levels, and else itself.
  var measurementOfColumn: [Int] {
    inputs.indices.flatMap { input in
      let columns = columnStarts[input]..<columnStarts[input + 1]
      return inputs[input].encoding == .identityWithMissing || inputs[input].isOrdered
        ? columns.map { _ in columns.lowerBound } : Array(columns)
    }
  }

  /// Encodes measured rows: the same rows, labels and weights with one numeric feature a column, but
  /// one only for the two columns of a number that may be missing.
  ///
  /// - Precondition: the dataset's features are the schema's.
  public func encode(_ dataset: Dataset) -> Dataset {
    precondition(dataset.features == inputs.map(\.feature), "the dataset has other features")
    var result = Dataset(features: rowColumns.map(\.feature), classes: dataset.classes)
    var columns: [Double] = []
    for index in 0..<dataset.rowCount {
      columns.removeAll(keepingCapacity: true)
      for (input, value) in zip(inputs, dataset.row(index)) {
        guard !input.isMeasured else {
          columns.append(value)
          continue
        }
        guard !input.isOrdered else {
          columns += input.ranks(of: value)
          continue
        }
        let start = columns.count
        columns += repeatElement(0, count: input.columnCount)
        if let hot = input.hotColumn(for: value) { columns[start + hot] = 1 }
      }
      result.append(columns, label: dataset.labels[index], weight: dataset.weights[index])
    }
    return result
  }

  /// Encodes one sample, shape (inputs.count), into `columns`, shape (columnCount). What lies below
  /// every number is -∞ there.
  public func encode(_ sample: some Sequence<Double>, into columns: inout [Double]) {
    for column in columns.indices { columns[column] = 0 }
    for ((input, start), value) in zip(zip(inputs, columnStarts), sample) {
      if input.isMeasured {
        columns[start] = value
        if input.encoding == .identityWithMissing {
          columns[start + 1] = value.isNaN ? -.infinity : value
        }
      } else if input.isOrdered {
        columns.replaceSubrange(start..<start + input.columnCount, with: input.ranks(of: value))
      } else if let hot = input.hotColumn(for: value) {
        columns[start + hot] = 1
      }
    }
  }
}

extension Dataset {
  /// For each feature the encoding that keeps all that was measured: levels one-hot, numbers as they are,
  /// those that a row lacks with the side to which missing ones go.
  public var defaultEncodings: [FeatureEncoding] {
    features.indices.map { column in
      if features[column].isCategorical { return .oneHot }
      let isIncomplete = (0..<rowCount).contains { values[$0 * featureCount + column].isNaN }
      return isIncomplete ? .identityWithMissing : .identity
    }
  }

  /// The least and greatest finite value of a column, nil when there is none.
  public func finiteRange(ofColumn column: Int) -> ClosedRange<Double>? {
    finiteRanges(ofColumns: column..<column + 1)[0]
  }

  /// The same of several columns, row by row as they lie in memory.
  func finiteRanges(ofColumns columns: Range<Int>) -> [ClosedRange<Double>?] {
    var least = [Double](repeating: .infinity, count: columns.count)
    var greatest = [Double](repeating: -.infinity, count: columns.count)
    values.withUnsafeBufferPointer { values in
      for row in 0..<rowCount {
        for place in 0..<columns.count {
          // Adding 0 makes 0 of -0: which of them comes first must not change the range.
          let value = values[row &* featureCount &+ columns.lowerBound &+ place] + 0
          guard value.isFinite else { continue }
          least[place] = min(least[place], value)
          greatest[place] = max(greatest[place], value)
        }
      }
    }
    return zip(least, greatest).map { $0 <= $1 ? $0...$1 : nil }
  }
}
