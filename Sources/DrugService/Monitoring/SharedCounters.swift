import Linux
import POSIX
import Synchronization

/// Numbers that all responders of a service count up together, in a file that each of them maps.
///
/// What a process has counted stays when it is killed, so no sum ever goes backwards. Counting takes
/// no lock: an atomic addition into the row of the processor that the thread runs on, so that
/// processors do not take memory from each other; whoever reads adds the rows up.
final class SharedCounters: @unchecked Sendable {
  // `@unchecked Sendable` because the mapping is only reached by atomic operations, and stays until
  // nobody holds this object.
  typealias Word = Atomic<UInt64>

  /// What is counted, as whoever counts decides.
  struct Layout: Sendable {
    /// A number that changes with the meaning of any key or place.
    let digest: UInt64
    /// The places that forget.
    let recentCount: Int

    /// The words of one processor's counters.
    fileprivate var rowLength: Int { keyCount + recentCount }
    /// Where the names begin, in bytes.
    fileprivate var namesStart: Int {
      (SharedCountersHeader.wordCount + keyCount + rowCount * rowLength)
        * MemoryLayout<UInt64>.stride
    }
    /// The bytes of all.
    var byteCount: Int {
      namesStart + SharedNames.byteCount(drugCapacity + fieldCapacity)
    }
  }

  /// A place that forgets: it counts within a period, and begins anew in another.
  struct Recent {
    /// The place of its kind, below `Layout.recentCount`.
    let place: Int
    /// The number of the period.
    let period: UInt64
  }

  /// The counters of one processor.
  struct Row {
    fileprivate let words: UnsafeMutablePointer<Word>
  }

  /// The most counters that a key finds.
  static let keyCount = 4096
  /// Rows for processors; those of more share one.
  static let rowCount = 8
  /// The most drugs that are told apart, and one for all others.
  static let drugCapacity = 128
  /// The most fields that are told apart, and one for all others.
  static let fieldCapacity = 256
  /// The most keys that are looked at in search of one: the table takes no more where it is so full.
  private static let searchLength = 64
  /// What a place that forgets counts to; its period stands above.
  private static let countBits: UInt64 = 36

  let header: SharedCountersHeader
  /// The drugs of the models that have been loaded.
  let drugs: SharedNames
  /// Their fields.
  let fields: SharedNames
  private let layout: Layout
  private let base: UnsafeMutableRawPointer
  private let keys: UnsafeMutablePointer<Word>
  private let rows: UnsafeMutablePointer<Word>

  /// Takes over a mapping of the layout's bytes, which are 0 or of the same layout.
  private init(
    _ base: UnsafeMutableRawPointer, _ header: SharedCountersHeader, _ layout: Layout,
    file: FileDescriptor?
  ) {
    let names = base + layout.namesStart
    drugs = SharedNames(names, capacity: Self.drugCapacity, file: file)
    fields = SharedNames(
      names + SharedNames.byteCount(Self.drugCapacity), capacity: Self.fieldCapacity, file: file)
    self.layout = layout
    self.base = base
    self.header = header
    let words = base.assumingMemoryBound(to: Word.self)
    keys = words + SharedCountersHeader.wordCount
    rows = keys + Self.keyCount
  }

  deinit {
    header.leave()
    munmap(base, layout.byteCount)
  }

  /// Counters of this process alone.
  convenience init(_ layout: Layout) {
    let memory = mmap(
      nil, layout.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else {
      preconditionFailure("the system has memory for the counters")
    }
    let header = SharedCountersHeader(memory, file: nil)
    header.begin(layout.digest)
    self.init(memory, header, layout, file: nil)
  }

  /// Counters in a file, which is made when it is not there or empty.
  ///
  /// - Throws: `SystemError` when the file cannot be used.
  convenience init(path: String, _ layout: Layout) throws(SystemError) {
    let file = try CounterFile(path: path, byteCount: layout.byteCount) { memory in
      let header = SharedCountersHeader(memory, file: nil)
      if header.isEmpty { header.begin(layout.digest) }
      return header.isOf(layout.digest)
    }
    var header = SharedCountersHeader(file.memory, file: file.file)
    header.enter()
    self.init(file.memory, header, layout, file: file.file)
  }

  /// Adds to a counter.
  ///
  /// - Parameters:
  ///   - key: not 0.
  ///   - row: where; to be asked for once for several additions.
  @inline(__always)
  func add(_ key: UInt64, _ amount: UInt64 = 1, in row: Row) {
    guard let place = place(of: key) else {
      header.countLost()
      return
    }
    row.words[place].wrappingAdd(amount, ordering: .relaxed)
  }

  func add(_ key: UInt64, _ amount: UInt64 = 1) { add(key, amount, in: row) }

  func add(_ recent: Recent, _ amount: UInt64 = 1) { add(recent, amount, in: row) }

  /// Adds to a place that forgets.
  @inline(__always)
  func add(_ recent: Recent, _ amount: UInt64 = 1, in row: Row) {
    let cell = row.words + Self.keyCount + recent.place
    var seen = cell.pointee.load(ordering: .relaxed)
    // Two threads in different periods of one place would be an hour apart.
    while seen >> Self.countBits != recent.period {
      let begun = recent.period << Self.countBits | amount
      let (exchanged, original) = cell.pointee.weakCompareExchange(
        expected: seen, desired: begun, ordering: .relaxed)
      if exchanged { return }
      seen = original
    }
    cell.pointee.wrappingAdd(amount, ordering: .relaxed)
  }

  /// What has been counted under every key that has been used, in no order.
  func all() -> [(key: UInt64, count: UInt64)] {
    (0..<Self.keyCount).compactMap { place in
      let key = keys[place].load(ordering: .relaxed)
      guard key != 0 else { return nil }
      return (key, sum(of: place))
    }
  }

  /// What a place that forgets has counted within its period.
  func count(_ recent: Recent) -> UInt64 {
    (0..<Self.rowCount).reduce(0) { sum, row in
      let place = row * layout.rowLength + Self.keyCount + recent.place
      let seen = rows[place].load(ordering: .relaxed)
      guard seen >> Self.countBits == recent.period else { return sum }
      return sum + seen & (1 << Self.countBits - 1)
    }
  }

  /// The row of the processor that runs this thread at the moment; any row would do.
  var row: Row {
    let place = Processor.current & (Self.rowCount - 1)
    return Row(words: rows + place * layout.rowLength)
  }

  private func sum(of place: Int) -> UInt64 {
    (0..<Self.rowCount).reduce(0) { sum, row in
      sum &+ rows[row * layout.rowLength + place].load(ordering: .relaxed)
    }
  }

  /// Where a key is counted: open addressing, and no key is ever taken out.
  private func place(of key: UInt64) -> Int? {
    var place = Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 52)
    for _ in 0..<Self.searchLength {
      let found = keys[place].load(ordering: .relaxed)
      if found == key { return place }
      if found == 0 {
        let (exchanged, original) = keys[place].compareExchange(
          expected: 0, desired: key, ordering: .relaxed)
        if exchanged || original == key { return place }
      }
      place = (place + 1) & (Self.keyCount - 1)
    }
    return nil
  }
}
