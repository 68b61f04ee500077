import CLinux

/// The memory of this process.
package enum Memory {
  /// Lets the allocator keep little of what is freed. By itself it takes the largest piece that it ever
  /// had to give for usual, up to 32 MB, and keeps as much in each of its arenas.
  package static func keepLittle() { linux_keep_little_memory() }

  /// Gives what is free back to the system, which the allocator by itself keeps for later.
  package static func giveBack() { linux_give_memory_back() }
}
