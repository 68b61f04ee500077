import POSIX
import Testing

@Suite struct LargeMemoryTests {
  /// Whether or not the system grants large pages, memory is there, aligned for any number.
  @Test(arguments: [0, 1, 1000, 1 << 21, (1 << 21) + 7])
  func memoryOfEachSizeKeepsWhatIsWritten(capacity: Int) {
    let memory = LargeMemory.allocate(UInt16.self, capacity: capacity)
    defer { free(memory) }
    #expect(UInt(bitPattern: memory) % 64 == 0)
    for index in 0..<capacity { memory[index] = UInt16(truncatingIfNeeded: index) }
    #expect((0..<capacity).allSatisfy { memory[$0] == UInt16(truncatingIfNeeded: $0) })
  }
}
