package import POSIX

/// Changes the lines of a password file or a file of keys; whatever else stands there stays, and root leaves the
/// file to whom it belongs.
package struct AccountFileEditor {
  private let path: String
  private let lock: FileLock

  /// Names the file; it need not be there. What is written is its owner's alone: the process makes no file
  /// that others may read from now on.
  ///
  /// - Throws: `SystemError` when its folder cannot be written.
  package init(_ path: String) throws(SystemError) {
    umask(0o077)
    // Renaming would replace a link by a file.
    self.path = DurableFile.resolved(path) ?? path
    lock = try FileLock("\(self.path).lock", mode: 0o600)
    try FileOwner(ofFileAt: self.path)?.takeOver(lock.file)
  }

  /// Replaces the file's lines, in turn with others who do the same; a reader sees all the old ones or all
  /// the new ones.
  ///
  /// - Throws: what `body` throws, and `SystemError`; the file stays as it was then.
  package func change(_ body: (inout [String]) throws -> Void) throws {
    try lock.whileHeld {
      let text = FileStatus.exists(path) ? try AccountFile.read(path) : ""
      var lines = text.split(whereSeparator: \.isNewline).map { String($0) }
      try body(&lines)
      try DurableFile.write(
        Array(lines.map { $0 + "\n" }.joined().utf8), to: path, owner: FileOwner(ofFileAt: path))
    }
  }
}
