/// A queue of requests with threads of its own, so that what is slow keeps nothing else waiting.
public struct Lane: Sendable {
  /// How many requests are answered at once.
  public let threadCount: Int
  /// How many may wait; the next is refused.
  public let capacity: Int

  /// Creates a lane.
  public init(threadCount: Int, capacity: Int = .max) {
    precondition(threadCount > 0, "a lane needs a thread")
    self.threadCount = threadCount
    self.capacity = capacity
  }
}
