import FoundationEssentials
import POSIX
import TestSupport
import Testing

@testable import DrugService

@Suite struct SharedCountersTests {
  private static let layout = SharedCounters.Layout(digest: 7, recentCount: 4)

  private func counts(_ counters: SharedCounters) -> [UInt64: UInt64] {
    Dictionary(uniqueKeysWithValues: counters.all().map { ($0.key, $0.count) })
  }

  @Test func whatOneCountsAnotherReads() throws {
    try withTemporaryFolder { folder in
      let one = try SharedCounters(path: "\(folder)/counters", Self.layout)
      let other = try SharedCounters(path: "\(folder)/counters", Self.layout)
      one.add(1 << 56 | 5)
      other.add(1 << 56 | 5, 10)
      other.add(2 << 56)
      #expect(counts(one) == [1 << 56 | 5: 11, 2 << 56: 1])
      #expect(counts(other) == counts(one))
      #expect(one.header.start.microseconds == other.header.start.microseconds)
    }
  }

  @Test func noAdditionIsLostAmongManyThreads() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/counters"
      let threads = try (0..<8).map { _ in
        let counters = try SharedCounters(path: path, Self.layout)
        return Background {
          for number in 0..<20_000 {
            counters.add(UInt64(1 + number % 50))
            counters.add(SharedCounters.Recent(place: 3, period: 9))
          }
        }
      }
      for thread in threads { try thread.value() }
      let counters = try SharedCounters(path: path, Self.layout)
      #expect(counters.all().count == 50)
      #expect(counters.all().allSatisfy { $0.count == 8 * 20_000 / 50 })
      #expect(counters.count(SharedCounters.Recent(place: 3, period: 9)) == 160_000)
    }
  }

  @Test func aPlaceThatForgetsBeginsAnewInAnotherPeriod() {
    let counters = SharedCounters(Self.layout)
    for (period, amount) in [(5, 3), (5, 4), (69, 1)] as [(UInt64, UInt64)] {
      counters.add(SharedCounters.Recent(place: 0, period: period), amount)
      #expect(counters.count(SharedCounters.Recent(place: 1, period: period)) == 0)
    }
    // On another processor the old count may stand in its own row: it is not of this period either.
    #expect(counters.count(SharedCounters.Recent(place: 0, period: 69)) == 1)
    #expect(counters.count(SharedCounters.Recent(place: 0, period: 6)) == 0)
  }

  @Test func moreKeysThanThereIsRoomForAreCountedAsLost() {
    let counters = SharedCounters(Self.layout)
    let tried = 3 * SharedCounters.keyCount
    for key in 1...UInt64(tried) { counters.add(key) }
    let kept = counters.all()
    #expect(kept.count <= SharedCounters.keyCount && kept.count > SharedCounters.keyCount / 2)
    #expect(kept.allSatisfy { $0.count == 1 })
    #expect(kept.count + Int(counters.header.lostCount) == tried)
    counters.add(kept[0].key)
    #expect(counters.all()[0].count == 2)
  }

  @Test func aFileOfOtherCountersIsReplacedAndNotWrittenInto() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/counters"
      let old = try SharedCounters(path: path, Self.layout)
      old.add(1)
      let new = try SharedCounters(path: path, .init(digest: 8, recentCount: 4))
      #expect(new.all().isEmpty)
      old.add(1)
      #expect(old.all().map(\.count) == [2])
      _ = try write(Array("something else".utf8), to: "\(folder)/text")
      let third = try SharedCounters(path: "\(folder)/text", Self.layout)
      #expect(third.all().isEmpty)
    }
  }

  @Test func whatCannotBeCountedInIsNamed() throws {
    try withTemporaryFolder { folder in
      for path in ["/nowhere/counters", folder, "/dev/null"] {
        #expect(throws: SystemError.self) { try SharedCounters(path: path, Self.layout) }
      }
    }
  }

  @Test func aPlaceIsTakenOverFromAProcessThatHasEnded() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/counters"
      let first = try SharedCounters(path: path, Self.layout)
      do {
        let second = try SharedCounters(path: path, Self.layout)
        #expect(first.header.processes.map(\.place) == [0, 1])
        #expect(second.header.processes.map(\.id) == [getpid(), getpid()])
      }
      #expect(first.header.processes.map(\.place) == [0])
      let third = try SharedCounters(path: path, Self.layout)
      #expect(first.header.processes.map(\.place) == [0, 1])
      #expect(third.header.processes.allSatisfy { $0.start >= first.header.start.microseconds })
    }
  }

  @Test func theEndOfARetrainingIsCountedByOneAlone() throws {
    try withTemporaryFolder { folder in
      let one = try SharedCounters(path: "\(folder)/counters", Self.layout)
      let other = try SharedCounters(path: "\(folder)/counters", Self.layout)
      let now = one.header.start.microseconds
      #expect(!one.header.claimRetraining(end: now - 1))
      #expect(one.header.claimRetraining(end: now + 1))
      #expect(!other.header.claimRetraining(end: now + 1))
      #expect(other.header.claimRetraining(end: now + 2))
      #expect(!one.header.claimRetraining(end: now + 1))
    }
  }
}
