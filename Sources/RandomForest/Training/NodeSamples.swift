/// A row's share in a tree: the samples of it that were drawn, and its class.
struct Target {
  var weight: UInt32
  var label: UInt32
}

/// The samples of one node; its classes are numbered anew, without those that it has no samples of.
///
/// So what is counted by class is as short as the node's classes are few, whatever the forest's are.
struct NodeSamples {
  /// The row indices.
  let rows: UnsafeBufferPointer<UInt32>
  /// One a row of the node; the labels are the node's.
  let targets: UnsafePointer<Target>
  /// The forest's label of each of the node's classes, ascending.
  let labels: UnsafePointer<UInt32>
  /// The samples of each of the node's classes.
  let counts: UnsafePointer<UInt32>
  /// What a sample of each of the node's classes counts.
  let weights: UnsafePointer<Double>
  let classCount: Int
  let sampleCount: Int
  /// Between what the share of the second of two classes is kept, wherever its rows end.
  var bounds = 0.0...1.0

  /// The share of the second of two classes in samples of the node, by class.
  func secondShare(_ counts: (_ number: Int) -> UInt32) -> Double {
    let first = weights[0] * Double(counts(0))
    let second = weights[1] * Double(counts(1))
    return second / (first + second)
  }
}

/// Gathers the samples of nodes, in memory that the next node's take over.
final class NodeGatherer {
  private let classCount: Int
  private let targets: UnsafeMutablePointer<Target>
  private let labels: UnsafeMutablePointer<UInt32>
  private let counts: UnsafeMutablePointer<UInt32>
  private let weights: UnsafeMutablePointer<Double>
  /// What a sample of each of the forest's classes counts.
  let weightOfLabel: UnsafeMutablePointer<Double>
  /// By the forest's labels: the samples, all 0 between two nodes, and the node's label.
  private let countOfLabel: UnsafeMutablePointer<UInt32>
  private let numberOfLabel: UnsafeMutablePointer<UInt32>

  init(rowCount: Int, classCount: Int) {
    self.classCount = classCount
    targets = .allocate(capacity: rowCount)
    labels = .allocate(capacity: classCount)
    counts = .allocate(capacity: classCount)
    weights = .allocate(capacity: classCount)
    weightOfLabel = .allocate(capacity: classCount)
    weightOfLabel.initialize(repeating: 1, count: classCount)
    countOfLabel = .allocate(capacity: classCount)
    countOfLabel.initialize(repeating: 0, count: classCount)
    numberOfLabel = .allocate(capacity: classCount)
  }

  deinit {
    targets.deallocate()
    labels.deallocate()
    counts.deallocate()
    weights.deallocate()
    weightOfLabel.deallocate()
    countOfLabel.deallocate()
    numberOfLabel.deallocate()
  }

  /// The samples of some rows, valid until the next call.
  ///
  /// - Parameter rowTargets: one a row of the table.
  func gather(
    _ rows: UnsafeBufferPointer<UInt32>, _ rowTargets: UnsafePointer<Target>
  ) -> NodeSamples {
    var found = 0
    for (place, row) in rows.enumerated() {
      let target = rowTargets[Int(row)]
      let label = Int(target.label)
      targets[place] = target
      if countOfLabel[label] == 0 {
        labels[found] = target.label
        found += 1
      }
      countOfLabel[label] &+= target.weight
    }
    order(found)
    var sampleCount = 0
    for number in 0..<found {
      let label = Int(labels[number])
      counts[number] = countOfLabel[label]
      weights[number] = weightOfLabel[label]
      sampleCount += Int(countOfLabel[label])
      countOfLabel[label] = 0
      numberOfLabel[label] = UInt32(number)
    }
    if found < classCount {
      for place in rows.indices {
        targets[place].label = numberOfLabel[Int(targets[place].label)]
      }
    }
    return NodeSamples(
      rows: rows, targets: targets, labels: labels, counts: counts, weights: weights,
      classCount: found, sampleCount: sampleCount)
  }

  /// Sorts the labels found.
  private func order(_ found: Int) {
    if found * 8 > classCount {
      var place = 0
      for label in 0..<classCount where countOfLabel[label] > 0 {
        labels[place] = UInt32(label)
        place += 1
      }
    } else {
      var slice = UnsafeMutableBufferPointer(start: labels, count: found)
      slice.sort()
    }
  }
}
