import POSIX

/// What tables that come and go leave free on a disk, so that the prediction log does not stand before a
/// full one.
struct Room: Sendable {
  /// So many times the log's reserve stays free.
  private static let factor = 8
  /// On a small disk it is this part of it.
  private static let part = 8

  private let spare: Int

  /// - Parameter reserve: the log's reserve in bytes, 0 for none.
  init(reserve: Int) {
    spare = Self.factor * reserve
  }

  /// Whether a folder's disk has room for more bytes than these.
  func isLeft(in folder: String, for byteCount: Int = 0) -> Bool {
    guard spare > 0, let disk = DiskSpace(at: folder) else { return true }
    return disk.freeBytes - byteCount >= min(spare, disk.totalBytes / Self.part)
  }
}
