/// Memory for tables that are read all over.
package enum LargeMemory {
  private static var largePage: Int { 1 << 21 }

  /// Allocates memory, to be given back with `free`. From 4 MB on Linux is asked to keep it in large pages,
  /// of which a processor remembers the places of all.
  package static func allocate<Element: FixedWidthInteger>(
    _: Element.Type, capacity: Int
  ) -> UnsafeMutablePointer<Element> {
    let size = max(capacity * MemoryLayout<Element>.stride, 1)
    let isLarge = size >= 2 * largePage
    var memory: UnsafeMutableRawPointer?
    let failure = posix_memalign(&memory, isLarge ? largePage : 64, size)
    precondition(failure == 0, "there is no memory for \(size) bytes")
    #if os(Linux)
      // Of no consequence where it is refused.
      if isLarge { _ = madvise(memory, size, MADV_HUGEPAGE) }
    #endif
    return memory!.bindMemory(to: Element.self, capacity: capacity)
  }
}
