/// A number to sort by and what it belongs to.
struct KeyedIndex {
  var key: UInt64
  var index: UInt32
}

extension [KeyedIndex] {
  /// Sorts by key, equal keys in the order they are in.
  ///
  /// Least significant digit first (Knuth, TAOCP 3, 5.2.5), one byte a pass; a byte that all keys
  /// share costs no pass.
  ///
  /// - Complexity: O(count), with memory for a second copy.
  mutating func radixSort() {
    guard count > 1 else { return }
    var histograms = [Int](repeating: 0, count: 8 * 256)
    for element in self {
      for digit in 0..<8 {
        histograms[
          digit << 8 + Int(truncatingIfNeeded: element.key >> (8 * UInt64(digit))) & 255] += 1
      }
    }
    var source = self
    var target = self
    for digit in 0..<8 {
      let shift = 8 * UInt64(digit)
      var starts = Array<Int>(histograms[digit << 8..<(digit + 1) << 8])
      if starts.contains(count) { continue }
      var sum = 0
      for value in 0..<256 {
        (starts[value], sum) = (sum, sum + starts[value])
      }
      source.withUnsafeBufferPointer { source in
        target.withUnsafeMutableBufferPointer { target in
          starts.withUnsafeMutableBufferPointer { starts in
            for element in source {
              let value = Int(truncatingIfNeeded: element.key >> shift) & 255
              target[starts[value]] = element
              starts[value] += 1
            }
          }
        }
      }
      swap(&source, &target)
    }
    self = source
  }
}
