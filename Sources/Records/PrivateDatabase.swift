import FoundationEssentials
import GRDB
import POSIX

/// A database file that its owner alone may read.
enum PrivateDatabase {
  /// Makes the file, empty as SQLite takes a new one, or takes from others what they may do with one that
  /// is there; the files beside it get its mode from SQLite. What fails is for SQLite to say.
  static func prepare(_ path: String) {
    try? PrivateFile.make(path)
    for file in [path, "\(path)-wal", "\(path)-shm"] {
      PrivateFile.withdraw(PrivateFile.others, from: file)
    }
  }

  /// Opens a database for reading, which others may be writing.
  ///
  /// SQLite makes files beside it even to read. Where nothing can be written, nobody else writes either:
  /// without a write-ahead log it is then read as it is (`immutable`).
  ///
  /// - Parameter patience: how many seconds to wait for those who hold the file.
  static func reader(_ path: String, patience: Double = 5) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(patience)
    let isFixed =
      access(path, W_OK) != 0 && errno == EROFS && FileStatus(of: "\(path)-wal")?.size ?? 0 == 0
    return try DatabaseQueue(
      path: isFixed ? "\(URL(filePath: path).absoluteString)?immutable=1" : path,
      configuration: configuration)
  }
}
