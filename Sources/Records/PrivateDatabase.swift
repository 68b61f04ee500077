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
}
