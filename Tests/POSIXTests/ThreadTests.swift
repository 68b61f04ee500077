import FoundationEssentials
@testable import POSIX
import Synchronization
import TestSupport
import Testing

@Suite struct ThreadTests {
  @Test func aThreadRunsToItsEndWhetherOrNotAnybodyWaits() throws {
    let ran = Promise<Int>()
    _ = try Thread { ran.fulfil(5) }
    #expect(ran.wait() == 5)
    let thread = try Thread(stackSize: 512 * 1024) { ran.fulfil(6) }
    thread.join()
    #expect(thread.hasEnded && ran.wait() == 6)
  }

  @Test func aStackThatTheSystemRefusesIsToldOf() {
    let error = #expect(throws: SystemError.self) { try Thread(stackSize: 1 << 60) {} }
    #expect(error?.call == "pthread_create")
  }

  /// Several threads count under a lock, and one waits for all of them.
  @Test func aConditionWakesWhoWaitsForWhatALockProtects() throws {
    let count = Counter()
    let workers = (0..<4).map { _ in
      Background { for _ in 0..<1000 { count.add() } }
    }
    count.wait(for: 4000)
    for worker in workers { try worker.value() }
    #expect(count.value == 4000)
  }

  private final class Counter: @unchecked Sendable {
    // `@unchecked Sendable` because `count` is protected by `lock`.
    private let lock = Lock()
    private let change: Condition
    private var count = 0

    init() { change = Condition(lock) }

    var value: Int { lock.whileHeld { count } }

    func add() {
      lock.whileHeld { count += 1 }
      change.broadcast()
    }

    func wait(for value: Int) {
      lock.whileHeld { while count < value { change.wait() } }
    }
  }

  @Test(arguments: [0, 999, 1_000_000, 1_764_349_076_123_456, 4_102_444_799_999_999] as [Int64])
  func aMomentIsWrittenAsRFC3339HasIt(_ microseconds: Int64) throws {
    let moment = Moment(microseconds: microseconds)
    let second = Date(timeIntervalSince1970: Double(microseconds / 1_000_000)).formatted(.iso8601)
    #expect(moment.wholeSeconds == second)
    let milliseconds = String(1000 + microseconds / 1000 % 1000).dropFirst()
    #expect(moment.text == "\(second.dropLast()).\(milliseconds)Z")
  }

  /// A machine without a battery begins at 1970, and windows reach back from now.
  @Test func aClockBefore1971ShowsItsFirstMoment() {
    for seconds in [-1, 0, 31_535_999, 31_536_000] {
      #expect(
        Moment(clock: timespec(tv_sec: seconds, tv_nsec: 5)).wholeSeconds == "1971-01-01T00:00:00Z")
    }
    #expect(Moment(microseconds: .min).text == "1970-01-01T00:00:00.000Z")
  }

  @Test func thisMomentIsThisMoment() {
    let now = Int64(Date.now.timeIntervalSince1970 * 1e6)
    for moment in [Moment.now, .coarse] {
      #expect((moment.microseconds - now).magnitude < 10_000_000)
    }
    #expect(Thread.processorCount >= 1)
  }
}
