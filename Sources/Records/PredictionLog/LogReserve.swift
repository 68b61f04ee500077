import Linux
import POSIX

/// Room on the disk that is kept for the log: a file beside it, which is deleted when a commit finds the
/// disk full, and made again when there is room.
///
/// Processes share it by its name: whichever needs it deletes it, and whichever finds room makes it.
struct LogReserve: Sendable {
  /// A reserve takes at most this part of its disk.
  private static let part = 16
  /// It is made when so many times its size is free, so that it does not come and go.
  private static let hysteresis = 4
  /// A disk with less than this is full, whatever an error says.
  private static let fullDisk = 64 << 10

  private let path: String
  private let byteCount: Int

  /// - Returns: nil for a log that is to have none.
  init?(_ settings: PredictionLog.Settings) {
    guard settings.reserve > 0 else { return nil }
    path = "\(settings.path).reserve"
    byteCount = settings.reserve
  }

  private var disk: DiskSpace? {
    DiskSpace(at: path.lastIndex(of: "/").map { String(path[...$0]) } ?? ".")
  }

  private func size(on disk: DiskSpace) -> Int { min(byteCount, disk.totalBytes / Self.part) }

  /// Whether it is there.
  var isKept: Bool {
    guard let disk, let size = FileStatus(of: path)?.size else { return false }
    return size >= self.size(on: disk)
  }

  /// Makes it, unless it is there or the disk has too little room; what fails is tried again the next
  /// time.
  ///
  /// - Returns: whether it was made.
  func make() -> Bool {
    guard !isKept, let disk, disk.freeBytes >= Self.hysteresis * size(on: disk),
      let file = try? FileDescriptor(
        opening: path, O_WRONLY | O_CREAT | O_NOFOLLOW, mode: PrivateFile.mode)
    else { return false }
    defer { file.close() }
    if (try? file.allocate(size(on: disk))) != nil { return true }
    unlink(path)
    return false
  }

  /// Gives its room back to the disk.
  ///
  /// - Returns: whether there was any.
  func release() -> Bool { unlink(path) == 0 }

  /// Whether a log could not be written because its disk is full.
  func helps(_ failure: PredictionLogError) -> Bool {
    switch failure.code {
    case .full: true
    // SQLite says so of the file that its processes share, which has no room to grow.
    case .notWritable: disk.map { $0.freeBytes < Self.fullDisk } ?? false
    case .corrupt, .unreachable, .other: false
    }
  }
}
