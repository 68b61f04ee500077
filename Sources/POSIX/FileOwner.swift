/// Whose a file is, and whether its group may read it.
package struct FileOwner: Sendable, Equatable {
  package let user: uid_t
  package let group: gid_t
  private let groupMayRead: Bool

  /// The owner of a file; where there is none yet, of the folder that it is to lie in.
  ///
  /// - Returns: nil when neither can be looked at.
  package init?(ofFileAt path: String) {
    var status = stat()
    if stat(path, &status) == 0 {
      groupMayRead = status.st_mode & mode_t(S_IRGRP) != 0
    } else {
      let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
      guard stat(folder, &status) == 0 else { return nil }
      groupMayRead = false
    }
    user = status.st_uid
    group = status.st_gid
  }

  /// Makes a new file theirs, when root has made it; what others make is their own, as it cannot be else.
  package func takeOver(_ file: FileDescriptor) throws(SystemError) {
    guard geteuid() == 0 else { return }
    try systemCall("fchown", file.name) { fchown(file.number, user, group) }
    guard groupMayRead else { return }
    try systemCall("fchmod", file.name) { fchmod(file.number, 0o640) }
  }
}
