import Synchronization

/// What a forest says of each cell, kept from the first time that it is asked.
///
/// A forest of few cuts can tell few samples apart. What it says of a cell is computed once by the
/// trees and is from then on a look-up, the same to the bit.
final class CellCache: @unchecked Sendable {
  // `@unchecked Sendable` because an entry is written by the one thread that has moved its state
  // from empty to filling, and read only after the state says that it is ready.
  /// Beyond this many cells a table would be larger than the caches that make it worth while.
  static let maximumCellCount = 1 << 16
  /// The most probabilities of a table, whatever a file says of its classes: 12 MB with the votes.
  static let maximumValueCount = 1 << 20

  private enum State {
    static let empty: UInt8 = 0
    static let filling: UInt8 = 1
    static let ready: UInt8 = 2
  }

  private let classCount: Int
  private let states: UnsafeMutablePointer<Atomic<UInt8>>
  /// Shape (cells, classCount).
  private let probabilities: UnsafeMutablePointer<Double>
  private let votes: UnsafeMutablePointer<Int32>
  private let cellCount: Int

  /// - Returns: nil when a table of so many would not be worth its memory.
  init?(cellCount: Int, classCount: Int) {
    guard cellCount <= Self.maximumCellCount,
      cellCount * classCount <= Self.maximumValueCount
    else { return nil }
    self.cellCount = cellCount
    self.classCount = classCount
    // Untouched pages of these cost no memory.
    states = .allocate(capacity: cellCount)
    for cell in 0..<cellCount { (states + cell).initialize(to: Atomic(State.empty)) }
    probabilities = .allocate(capacity: cellCount * classCount)
    votes = .allocate(capacity: cellCount * classCount)
  }

  deinit {
    states.deinitialize(count: cellCount)
    states.deallocate()
    probabilities.deallocate()
    votes.deallocate()
  }

  /// Copies what is known of a cell.
  ///
  /// - Returns: whether anything is.
  @inline(__always)
  func read(
    _ cell: Int, _ probabilities: UnsafeMutablePointer<Double>,
    _ votes: UnsafeMutablePointer<Int32>?
  ) -> Bool {
    guard states[cell].load(ordering: .acquiring) == State.ready else { return false }
    let start = cell &* classCount
    for label in 0..<classCount { probabilities[label] = self.probabilities[start &+ label] }
    if let votes {
      for label in 0..<classCount { votes[label] = self.votes[start &+ label] }
    }
    return true
  }

  /// Keeps what the trees said of a cell, unless another thread does so already.
  func write(
    _ cell: Int, _ probabilities: UnsafePointer<Double>, _ votes: UnsafePointer<Int32>
  ) {
    guard
      states[cell].compareExchange(
        expected: State.empty, desired: State.filling, ordering: .acquiring
      ).exchanged
    else { return }
    (self.probabilities + cell * classCount).initialize(from: probabilities, count: classCount)
    (self.votes + cell * classCount).initialize(from: votes, count: classCount)
    states[cell].store(State.ready, ordering: .releasing)
  }
}
