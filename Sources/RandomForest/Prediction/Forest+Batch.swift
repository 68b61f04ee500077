import Dispatch
import Synchronization

extension Forest {
  /// Predicts many samples.
  ///
  /// - Parameters:
  ///   - samples: measured values as in `predict(_:)`, row-major, shape (rowCount, inputs.count).
  ///   - threadCount: how many threads share the rows; it does not change a bit of the result.
  /// - Returns: the class probabilities, row-major, shape (rowCount, classCount), equal to what
  ///   `predict(_:)` gives for each row.
  /// - Throws: `ForestFileError` when a walk meets a node that a sound file cannot have.
  /// - Precondition: the values make whole rows, and `threadCount` is positive.
  public func probabilities(
    of samples: [Double], threadCount: Int = 1
  ) throws(ForestFileError) -> [Double] {
    let inputCount = schema.inputs.count
    let classCount = layout.classCount
    precondition(samples.count % inputCount == 0, "one value an input")
    precondition(threadCount > 0, "predicting needs a thread")
    let rowCount = samples.count / inputCount
    let laneCount = ForestWalk.laneCount(columnCount: layout.columnCount)
    var result = [Double](repeating: 0, count: rowCount * classCount)
    try result.withUnsafeMutableBufferPointer { result throws(ForestFileError) in
      let output = SharedPointer(result.baseAddress)
      try samples.withUnsafeBufferPointer { samples throws(ForestFileError) in
        let input = SharedPointer(UnsafeMutablePointer(mutating: samples.baseAddress))
        try forEachBlock(
          of: rowCount, blockSize: laneCount, threadCount: threadCount
        ) {
          let batch = BatchMemory(
            laneCount: laneCount, columnCount: self.layout.columnCount, classCount: classCount)
          return { rows throws(ForestFileError) in
            try self.predict(
              input.pointer! + rows.lowerBound * inputCount, count: rows.count,
              into: output.pointer! + rows.lowerBound * classCount, batch)
          }
        }
      }
    }
    return result
  }

  /// Predicts a block of samples into zeroed memory.
  private func predict(
    _ samples: UnsafePointer<Double>, count: Int, into sums: UnsafeMutablePointer<Double>,
    _ memory: BatchMemory
  ) throws(ForestFileError) {
    let inputCount = schema.inputs.count
    let classCount = layout.classCount
    if cells != nil, verifiedWalk != nil {
      for row in 0..<count {
        try predict(samples + row * inputCount, sums + row * classCount, memory.votes)
      }
      return
    }
    if let walk = verifiedWalk {
      encoder.encode(
        samples, count: count, laneCount: memory.laneCount, cuts, into: memory.ranks)
      walk.descend(
        memory.ranks, laneCount: memory.laneCount, count: count, sums: sums, lanes: memory.lanes,
        leaves: memory.leaves, words: memory.words)
    } else {
      for row in 0..<count {
        encoder.encode(samples + row * inputCount, cuts, into: memory.ranks)
        try descendChecking(memory.ranks, sums: sums + row * classCount, votes: nil)
      }
    }
    let treeCount = Double(layout.treeCount)
    for place in 0..<count * classCount { sums[place] /= treeCount }
  }
}

/// What one thread needs to predict blocks of samples.
private final class BatchMemory {
  let laneCount: Int
  let ranks: UnsafeMutablePointer<UInt16>
  let lanes: UnsafeMutablePointer<ForestWalk.Lane>
  let leaves: UnsafeMutablePointer<UInt32>
  let words: UnsafeMutablePointer<UInt64>
  let votes: UnsafeMutablePointer<Int32>

  init(laneCount: Int, columnCount: Int, classCount: Int) {
    self.laneCount = laneCount
    ranks = .allocate(capacity: columnCount * laneCount)
    ranks.initialize(repeating: 0, count: columnCount * laneCount)
    lanes = .allocate(capacity: laneCount)
    leaves = .allocate(capacity: laneCount)
    words = .allocate(capacity: BlockWalk.maximumNodeCount(sampleCount: laneCount))
    votes = .allocate(capacity: classCount)
    votes.initialize(repeating: 0, count: classCount)
  }

  deinit {
    ranks.deallocate()
    lanes.deallocate()
    leaves.deallocate()
    words.deallocate()
    votes.deallocate()
  }
}

/// Deals rows out to threads, block by block.
///
/// - Parameters:
///   - threadCount: the most threads.
///   - worker: called once by each thread; what it gives gets one block after the other.
/// - Throws: an error of a worker, which ends its thread.
func forEachBlock<Failure: Error>(
  of rowCount: Int, blockSize: Int, threadCount: Int,
  _ worker: @escaping @Sendable () -> (_ rows: Range<Int>) throws(Failure) -> Void
) throws(Failure) {
  let blockCount = (rowCount + blockSize - 1) / blockSize
  let failure = Mutex<Failure?>(nil)
  let next = Atomic(0)
  let work: @Sendable (Int) -> Void = { _ in
    let body = worker()
    while true {
      let first = next.add(blockSize, ordering: .relaxed).oldValue
      guard first < rowCount else { return }
      do throws(Failure) {
        try body(first..<min(first + blockSize, rowCount))
      } catch {
        failure.withLock { $0 = $0 ?? error }
        return
      }
    }
  }
  if threadCount == 1 || blockCount < 2 {
    work(0)
  } else {
    DispatchQueue.concurrentPerform(iterations: min(threadCount, blockCount), execute: work)
  }
  if let error = failure.withLock({ $0 }) { throw error }
}

/// Memory that threads share, each working on rows of its own.
struct SharedPointer<Value>: @unchecked Sendable {
  // `@unchecked Sendable` because each block of rows is handed to one thread.
  let pointer: UnsafeMutablePointer<Value>?

  init(_ pointer: UnsafeMutablePointer<Value>?) {
    self.pointer = pointer
  }
}
