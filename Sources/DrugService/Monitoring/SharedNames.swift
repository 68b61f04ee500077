import POSIX
import Synchronization

/// Names that all responders of a service give numbers together: what is known of a model, not what a
/// request says. A name keeps its number for as long as the file is there.
final class SharedNames: @unchecked Sendable {
  // `@unchecked Sendable` because a slot is written once, by whoever holds the file's lock, before its
  // length is published; `known` is protected by `lock`.

  /// A length and the bytes of a name.
  private static let slotSize = 128
  /// The most bytes of a name.
  static let maximumSize = slotSize - MemoryLayout<UInt64>.stride

  /// The bytes of so many names.
  static func byteCount(_ capacity: Int) -> Int { capacity * slotSize }

  /// The most names, the one for all others among them.
  let capacity: Int
  private let memory: UnsafeMutableRawPointer
  private let file: FileDescriptor?
  private let lock = Lock()
  private var known: [String] = []

  /// Takes over memory that is 0 or was written by another process of the service.
  init(_ memory: UnsafeMutableRawPointer, capacity: Int, file: FileDescriptor?) {
    self.memory = memory
    self.capacity = capacity
    self.file = file
  }

  /// The number of what has no name here.
  var other: Int { capacity - 1 }

  /// The names in the order of their numbers.
  var all: [String] {
    lock.whileHeld {
      readNew()
      return known
    }
  }

  /// The number of a name; `other` for one that nobody has told.
  func number(of name: String) -> Int {
    lock.whileHeld {
      if let number = known.firstIndex(of: name) { return number }
      readNew()
      return known.firstIndex(of: name) ?? other
    }
  }

  /// Gives names numbers, as long as there are any.
  func learn(_ names: [String]) {
    let all = all
    guard names.contains(where: { !all.contains($0) }) else { return }
    lock.whileHeld {
      if let file { flock(file.number, LOCK_EX) }
      defer { if let file { flock(file.number, LOCK_UN) } }
      readNew()
      for name in names where !known.contains(name) {
        guard known.count < other, 1...Self.maximumSize ~= name.utf8.count else { continue }
        let slot = memory + known.count * Self.slotSize
        (slot + MemoryLayout<UInt64>.stride).copyMemory(
          from: Array(name.utf8), byteCount: name.utf8.count)
        length(known.count).pointee.store(UInt64(name.utf8.count), ordering: .releasing)
        known.append(name)
      }
    }
  }

  /// Takes in what other processes have added, with the lock held.
  private func readNew() {
    while known.count < other {
      let count = Int(length(known.count).pointee.load(ordering: .acquiring))
      guard 1...Self.maximumSize ~= count else { return }
      let slot = memory + known.count * Self.slotSize + MemoryLayout<UInt64>.stride
      known.append(
        String(decoding: UnsafeRawBufferPointer(start: slot, count: count), as: UTF8.self))
    }
  }

  private func length(_ number: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    (memory + number * Self.slotSize).assumingMemoryBound(to: Atomic<UInt64>.self)
  }
}
