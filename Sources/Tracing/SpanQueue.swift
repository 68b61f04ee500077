import Synchronization

/// Spans on their way to the collector: many threads put, one takes, and nobody ever waits (the bounded queue of
/// D. Vyukov, 2010).
final class SpanQueue: @unchecked Sendable {
  // `@unchecked Sendable` because a slot belongs to the thread whose turn it is, and `head` to the one that takes.

  private struct Slot: ~Copyable {
    /// The place whose span may be put here; one more when it has been.
    let turn: Atomic<Int>
    var span: RequestSpan?
  }

  private let slots: UnsafeMutablePointer<Slot>
  private let capacity: Int
  private let tail = Atomic(0)
  private var head = 0

  /// - Parameter capacity: the most spans that wait.
  init(capacity: Int) {
    self.capacity = capacity
    slots = .allocate(capacity: capacity)
    for place in 0..<capacity {
      (slots + place).initialize(to: Slot(turn: Atomic(place), span: nil))
    }
  }

  deinit {
    slots.deinitialize(count: capacity)
    slots.deallocate()
  }

  /// Puts a span.
  ///
  /// - Returns: how many have been put by now, as far as this thread knows; nil when there is no room.
  func put(_ span: RequestSpan) -> Int? {
    var place = tail.load(ordering: .relaxed)
    while true {
      let slot = slots + place % capacity
      let turn = slot.pointee.turn.load(ordering: .acquiring)
      if turn == place {
        let mine = tail.weakCompareExchange(
          expected: place, desired: place + 1, ordering: .relaxed)
        if mine.exchanged {
          slot.pointee.span = span
          slot.pointee.turn.store(place + 1, ordering: .releasing)
          return place + 1
        }
        place = mine.original
      } else if turn < place {
        return nil
      } else {
        place = tail.load(ordering: .relaxed)
      }
    }
  }

  /// Takes the oldest span; nil when there is none.
  func take() -> RequestSpan? {
    let slot = slots + head % capacity
    guard slot.pointee.turn.load(ordering: .acquiring) == head + 1 else { return nil }
    let span = slot.pointee.span.take()
    slot.pointee.turn.store(head + capacity, ordering: .releasing)
    head += 1
    return span
  }
}
