/// A binary heap that gives the element of the highest priority first, of equals the oldest.
struct PriorityQueue<Element> {
  private var heap: [(priority: Double, order: Int, element: Element)] = []
  private var inserted = 0

  mutating func insert(_ element: Element, priority: Double) {
    heap.append((priority, inserted, element))
    inserted += 1
    var child = heap.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popFirst() -> Element? {
    guard !heap.isEmpty else { return nil }
    heap.swapAt(0, heap.count - 1)
    let first = heap.removeLast().element
    var parent = 0
    while true {
      var best = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && precedes(child, best) {
        best = child
      }
      guard best != parent else { return first }
      heap.swapAt(parent, best)
      parent = best
    }
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    heap[a].priority != heap[b].priority
      ? heap[a].priority > heap[b].priority : heap[a].order < heap[b].order
  }
}
