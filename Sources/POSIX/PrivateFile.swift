/// What their owner alone may read: whatever tells of patients.
package enum PrivateFile {
  /// The mode of a file; a stricter umask takes more.
  package static let mode: mode_t = 0o600
  /// The mode of a folder.
  package static let folderMode: mode_t = 0o700
  /// What everybody but the owner and the group may do.
  package static let others: mode_t = 0o007
  /// What everybody but the owner may do.
  package static let everybodyElse: mode_t = 0o077

  /// Makes an empty file; one that is there stays, and is not even opened, since closing it would give
  /// back the locks that its process holds on it (fcntl(2)).
  package static func make(_ path: String) throws(SystemError) {
    do throws(SystemError) {
      try FileDescriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL, mode: mode).close()
    } catch {
      guard error.code == EEXIST else { throw error }
    }
  }

  /// Takes rights on a file or a folder away, where they are given; what is another user's stays as it
  /// is.
  package static func withdraw(_ rights: mode_t, from path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & rights != 0 else { return }
    _ = chmod(path, status.st_mode & 0o7777 & ~rights)
  }
}
