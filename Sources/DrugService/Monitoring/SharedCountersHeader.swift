import Linux
import POSIX
import Synchronization

/// What stands before the counters: what they mean, since when they count, and which processes count.
struct SharedCountersHeader: @unchecked Sendable {
  // `@unchecked Sendable` because its words are only reached by atomic operations.

  /// The length in words of 8 bytes.
  static let wordCount = 4608
  /// The most processes that are told of by themselves.
  static let processCount = 64
  /// "DRUGCNT2" in a little-endian word.
  private static let magic: UInt64 = 0x3254_4e43_4755_5244

  enum Place {
    static let magic = 0
    static let layout = 1
    static let start = 2
    static let lost = 3
    static let seeding = 4
    static let lastRetraining = 5
    static let secret = 6
    static let shownTotal = 7
    /// A number and a start for each process.
    static let processes = 8
    static let driftEnd = processes + 2 * processCount
    static let lastModel = driftEnd + 1
    /// How many events there have been, and a time and a meaning for each of the newest.
    static let events = lastModel + 1
    /// Since when each state has been noticed.
    static let noticed = events + 1 + 2 * eventCount
    /// The figures that are told in steps.
    static let shown = noticed + noticedCount
  }

  /// A process that counts.
  struct Process {
    /// Its place among the processes, taken over by its successor.
    let place: Int
    let id: pid_t
    /// When it began to count, in microseconds since 1970-01-01 UTC.
    let start: Int64
  }

  let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let file: FileDescriptor?
  private var ownPlace: Int?

  init(_ memory: UnsafeMutableRawPointer, file: FileDescriptor?) {
    words = memory.assumingMemoryBound(to: Atomic<UInt64>.self)
    self.file = file
  }

  /// Whether nothing has been written yet.
  var isEmpty: Bool { words[Place.magic].load(ordering: .acquiring) == 0 }

  /// Writes what the counters mean and that they begin now.
  func begin(_ layout: UInt64) {
    words[Place.layout].store(layout, ordering: .relaxed)
    words[Place.start].store(UInt64(Moment.now.microseconds), ordering: .relaxed)
    words[Place.magic].store(Self.magic, ordering: .releasing)
  }

  func isOf(_ layout: UInt64) -> Bool {
    words[Place.magic].load(ordering: .acquiring) == Self.magic
      && words[Place.layout].load(ordering: .relaxed) == layout
  }

  /// Since when is counted.
  var start: Moment {
    Moment(microseconds: Int64(words[Place.start].load(ordering: .relaxed)))
  }

  /// How many additions found no room for their key.
  var lostCount: UInt64 { words[Place.lost].load(ordering: .relaxed) }

  func countLost() { words[Place.lost].wrappingAdd(1, ordering: .relaxed) }

  /// Whether whoever asks is the first.
  func claimSeeding() -> Bool {
    words[Place.seeding].exchange(1, ordering: .relaxed) == 0
  }

  /// Whether a retraining is seen ended for the first time by any process; they end one after another.
  ///
  /// - Parameter end: in microseconds since 1970-01-01 UTC.
  func claimRetraining(end: Int64) -> Bool {
    guard end > start.microseconds else { return false }
    var last = words[Place.lastRetraining].load(ordering: .relaxed)
    while last < UInt64(end) {
      let (exchanged, original) = words[Place.lastRetraining].compareExchange(
        expected: last, desired: UInt64(end), ordering: .relaxed)
      if exchanged { return true }
      last = original
    }
    return false
  }

  // MARK: Processes

  /// Takes a free place among the processes, and keeps it until this process ends: the system gives a
  /// lock back however a process ends.
  mutating func enter() {
    guard let file else { return }
    for place in 0..<Self.processCount where ByteLock(on: file, at: place).takeIfFree() {
      let before = words[Place.processes + 2 * place]
        .exchange(UInt64(getpid()), ordering: .relaxed)
      words[Place.processes + 2 * place + 1]
        .store(UInt64(Moment.now.microseconds), ordering: .relaxed)
      record(before == 0 ? .processStarted : .processReplaced)
      ownPlace = place
      return
    }
  }

  /// The processes that count at present.
  var processes: [Process] {
    guard let file else {
      return [Process(place: 0, id: getpid(), start: start.microseconds)]
    }
    return (0..<Self.processCount).compactMap { place in
      let id = pid_t(words[Place.processes + 2 * place].load(ordering: .relaxed))
      guard id != 0 else { return nil }
      // Nobody is in the way of this process where it holds the lock itself.
      guard place == ownPlace || ByteLock(on: file, at: place).isTakenByOther else { return nil }
      let start = words[Place.processes + 2 * place + 1].load(ordering: .relaxed)
      return Process(place: place, id: id, start: Int64(start))
    }
  }

  /// Gives the place and the file back.
  func leave() {
    file?.close()
  }
}
