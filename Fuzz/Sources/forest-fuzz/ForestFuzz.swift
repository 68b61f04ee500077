import LibFuzzer

/// Gives bytes to the library as a forest file: opened, predicted from, verified, explained and
/// drawn, they must be refused or answer in range.
@main
enum ForestFuzz {
  static func main() {
    fuzz { data, size in
      do {
        _ = try receive(UnsafeBufferPointer(start: data, count: size))
      } catch {
        fatalError("\(error)")
      }
      return 0
    }
  }
}

/// libFuzzer calls this by name. Half of the inputs are changed anywhere. The others are changed in
/// one section, then nothing stands between the sections, and length and checksums are right, because
/// what is refused at once teaches the fuzzer little.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutateForest(
  _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ maximum: Int, _ seed: UInt32
) -> Int {
  let original = ForgedForest(Array(UnsafeBufferPointer(start: data, count: size)))
  let entries = original.entries
  guard seed & 1 == 1, !entries.isEmpty else { return mutate(data, size, maximum) }
  // The header and the table are one choice more.
  let choice = Int(seed >> 1) % (entries.count + 1)
  let tableEnd = entries.last! + 32
  let range = choice == entries.count ? 0..<tableEnd : original.range(ofEntry: entries[choice])
  guard range.upperBound <= size, !range.isEmpty else { return mutate(data, size, maximum) }
  _ = mutate(data + range.lowerBound, range.count, range.count)
  var forged = ForgedForest(Array(UnsafeBufferPointer(start: data, count: size)))
  forged[UInt64.self, at: 16] = UInt64(size)
  var end = tableEnd
  for range in forged.entries.map(forged.range(ofEntry:)) where range.lowerBound >= end {
    for place in end..<range.lowerBound { forged[place] = 0 }
    end = range.upperBound
  }
  for place in min(end, size)..<size { forged[place] = 0 }
  for (place, byte) in forged.signed.enumerated() { data[place] = byte }
  return size
}
