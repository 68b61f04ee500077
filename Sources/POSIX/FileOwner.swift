/// Whose a file is, and who else may read it.
package struct FileOwner: Sendable, Equatable {
  package let user: uid_t
  package let group: gid_t
  private let othersMayRead: mode_t

  /// The owner of a file; where there is none yet, of the folder that it is to lie in.
  ///
  /// - Returns: nil when neither can be looked at.
  package init?(ofFileAt path: String) {
    var status = stat()
    if stat(path, &status) == 0 {
      othersMayRead = status.st_mode & 0o044
    } else {
      let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
      guard stat(folder, &status) == 0 else { return nil }
      othersMayRead = 0
    }
    user = status.st_uid
    group = status.st_gid
  }

  /// Makes a new file theirs, when root has made it; what others make is their own, as it cannot be else.
  ///
  /// A file that has another name as well is left alone: somebody may have put it there to get it.
  package func takeOver(_ file: FileDescriptor) throws(SystemError) {
    var status = stat()
    try systemCall("fstat", file.name) { fstat(file.number, &status) }
    guard geteuid() == 0, status.st_nlink == 1 else { return }
    try systemCall("fchown", file.name) { fchown(file.number, user, group) }
  }

  /// Lets those read a file that root has made who could read the one of before.
  package func share(_ file: FileDescriptor) throws(SystemError) {
    guard geteuid() == 0 else { return }
    try systemCall("fchmod", file.name) { fchmod(file.number, 0o600 | othersMayRead) }
  }
}
