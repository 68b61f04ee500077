import POSIX

/// Where log lines go, collected so that many share one system call.
public final class LogOutput: @unchecked Sendable {
  // `@unchecked Sendable` because `waiting` is protected by `lock`, and what is written at a time by
  // `writing`.
  /// The standard error of this process.
  public static let standardError = LogOutput(descriptor: STDERR_FILENO)

  private static let limit = 1 << 15
  private static let pieceSize = Int(PIPE_BUF)
  private let file: FileDescriptor
  private let lock = Lock()
  private let writing = Lock()
  private var waiting: [UInt8] = []

  /// Creates an output over a descriptor that stays open.
  public init(descriptor: Int32) {
    file = FileDescriptor(descriptor, name: "the log's output")
    waiting.reserveCapacity(2 * Self.limit)
  }

  /// Adds a line; an urgent one is written at once, with all that waits.
  func write(_ line: some Collection<UInt8>, isUrgent: Bool) {
    let isDue = lock.whileHeld {
      waiting += line
      waiting.append(UInt8(ascii: "\n"))
      return isUrgent || waiting.count > Self.limit
    }
    if isDue { flush() }
  }

  /// Writes what waits.
  public func flush() {
    writing.whileHeld {
      var lines: [UInt8] = []
      lines.reserveCapacity(2 * Self.limit)
      // Others go on adding lines while these are written.
      lock.whileHeld { swap(&lines, &waiting) }
      write(lines)
    }
  }

  /// Writes whole lines, so many at a time that those of another process on the same pipe do not
  /// come between their parts (POSIX, write, PIPE_BUF).
  private func write(_ lines: [UInt8]) {
    var start = 0
    while start < lines.count {
      var end = lines.count
      if end - start > Self.pieceSize {
        let newline = UInt8(ascii: "\n")
        let last =
          lines[start..<start + Self.pieceSize].lastIndex(of: newline)
          ?? lines[start...].firstIndex(of: newline)!
        end = last + 1
      }
      // A log that nobody reads any more must not end the service.
      guard
        (try? lines[start..<end].withUnsafeBytes { bytes throws in try file.write(bytes) }) != nil
      else { return }
      start = end
    }
  }
}
