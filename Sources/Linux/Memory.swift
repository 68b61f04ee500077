import CLinux

/// The memory of this process.
package enum Memory {
  /// Gives what is free back to the system, which the allocator by itself keeps for later.
  package static func giveBack() { linux_give_memory_back() }
}
