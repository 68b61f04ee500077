/// What the system tells of a file (stat(2)).
package struct FileStatus: Sendable, Equatable {
  /// Its number on its disk, by which one file is told from another of the same path.
  package let inode: UInt64
  /// Its length in bytes.
  package let size: Int
  /// When it was last written: seconds and nanoseconds since 1970-01-01 UTC.
  package let modified: (seconds: Int, nanoseconds: Int)
  private let changed: (seconds: Int, nanoseconds: Int)
  private let kind: mode_t

  package var isRegular: Bool { kind == S_IFREG }
  package var isFolder: Bool { kind == S_IFDIR }
  package var isSocket: Bool { kind == S_IFSOCK }

  /// What a path leads to.
  ///
  /// - Parameter followsLinks: whether a link counts as what it leads to.
  /// - Returns: nil when there is nothing, or it may not be looked at.
  package init?(of path: String, followsLinks: Bool = true) {
    guard let found = try? Self.found(at: path, followsLinks: followsLinks) else { return nil }
    self = found
  }

  /// The same, where it matters which of the two it is.
  ///
  /// - Returns: nil when there is nothing.
  /// - Throws: `SystemError` when it may not be looked at.
  package static func found(
    at path: String, followsLinks: Bool = true
  ) throws(SystemError) -> FileStatus? {
    var status = stat()
    if (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0 {
      return FileStatus(status)
    }
    guard errno == ENOENT || errno == ENOTDIR else { throw SystemError("stat", path) }
    return nil
  }

  init(_ status: stat) {
    inode = UInt64(status.st_ino)
    size = Int(status.st_size)
    kind = status.st_mode & S_IFMT
    #if canImport(Darwin)
      let (time, change) = (status.st_mtimespec, status.st_ctimespec)
    #else
      let (time, change) = (status.st_mtim, status.st_ctim)
    #endif
    modified = (Int(time.tv_sec), Int(time.tv_nsec))
    changed = (Int(change.tv_sec), Int(change.tv_nsec))
  }

  /// Whether there is something at a path.
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether both are one file of which nothing has changed meanwhile, be it written with its old date again.
  package static func == (a: FileStatus, b: FileStatus) -> Bool {
    a.inode == b.inode && a.size == b.size && a.modified == b.modified
      && a.changed == b.changed && a.kind == b.kind
  }
}

/// The room on a disk (statvfs(3)).
package struct DiskSpace: Sendable {
  /// What a process without special rights may still write, in bytes.
  package let freeBytes: Int
  /// That as a share of the disk, 0 to 1.
  package let freeShare: Double
  /// The size of the disk, in bytes.
  package let totalBytes: Int

  /// - Returns: nil when the path leads nowhere.
  package init?(at path: String) {
    var status = statvfs()
    guard statvfs(path, &status) == 0, status.f_blocks > 0 else { return nil }
    freeBytes = Int(status.f_bavail) * Int(status.f_frsize)
    freeShare = Double(status.f_bavail) / Double(status.f_blocks)
    totalBytes = Int(status.f_blocks) * Int(status.f_frsize)
  }
}
