/// Files, folders and links that are whole or not there, also after a crash.
package enum DurableFile {
  /// Writes bytes to a temporary name beside `path`, syncs them, renames them into place and syncs
  /// the folder, so that a reader sees the old content or the new one.
  ///
  /// - Parameters:
  ///   - mode: who may read it, less what the umask takes.
  ///   - owner: whose it is to be, when root writes it; nil for root's own.
  /// - Throws: `SystemError`; nothing is left behind and an existing file stays.
  package static func write(
    _ bytes: UnsafeRawBufferPointer, to path: String, mode: mode_t = 0o644,
    owner: FileOwner? = nil
  ) throws(SystemError) {
    try replace(path) { temporary throws(SystemError) in
      let file = try FileDescriptor(opening: temporary, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
      defer { file.close() }
      try owner?.takeOver(file)
      try owner?.share(file)
      try file.write(bytes)
      try file.sync()
    }
  }

  /// The same of an array.
  package static func write(
    _ bytes: [UInt8], to path: String, mode: mode_t = 0o644, owner: FileOwner? = nil
  ) throws(SystemError) {
    // The standard library's `withUnsafeBytes` forgets the type of an error.
    try bytes.span.withUnsafeBufferPointer { bytes throws(SystemError) in
      try write(UnsafeRawBufferPointer(bytes), to: path, mode: mode, owner: owner)
    }
  }

  /// Makes `path` a link to `target`, in one step where it leads elsewhere.
  ///
  /// - Throws: `SystemError`; a link that was there stays.
  package static func link(_ path: String, to target: String) throws(SystemError) {
    try replace(path) { temporary throws(SystemError) in
      try systemCall("symlink", temporary) { symlink(target, temporary) }
    }
  }

  /// Makes something under a temporary name and gives it the name `path`.
  private static func replace(
    _ path: String, _ make: (_ temporary: String) throws(SystemError) -> Void
  ) throws(SystemError) {
    let temporary = temporaryName(for: path)
    do throws(SystemError) {
      try make(temporary)
      try rename(temporary, to: path)
    } catch {
      unlink(temporary)
      // The name that was asked for tells more than one that is gone.
      throw error.path == temporary ? SystemError(error.call, path, code: error.code) : error
    }
  }

  /// Renames a file or a folder that is whole, replacing a file of the new name, and syncs the folder.
  package static func rename(_ old: String, to new: String) throws(SystemError) {
    try systemCall("rename", new) { renameFile(old, new) }
    try syncFolder(of: new)
  }

  /// A name beside `path` that no other process or thread uses, nor a later one: a process's number
  /// is shared by its threads, and another may have it again. It begins with a point.
  package static func temporaryName(for path: String) -> String {
    let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    return "\(path[..<slash]).\(path[slash...]).\(UInt64.random(in: 0 ... .max)).tmp"
  }

  /// Makes the names in the folder of `path` survive a crash.
  package static func syncFolder(of path: String) throws(SystemError) {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) }
    let descriptor = try FileDescriptor(opening: folder ?? ".", O_RDONLY | O_DIRECTORY)
    defer { descriptor.close() }
    try descriptor.sync()
  }

  /// Makes a folder and those above it that are not there.
  ///
  /// - Parameter mode: who may enter the last one, less what the umask takes.
  package static func makeFolders(_ path: String, mode: mode_t = 0o755) throws(SystemError) {
    if mkdir(path, mode) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
      throw SystemError("mkdir", path)
    }
    try makeFolders(String(path[..<slash]))
    guard mkdir(path, mode) == 0 || errno == EEXIST else { throw SystemError("mkdir", path) }
  }

  /// A path without links and `..` in it; nil when it leads nowhere.
  package static func resolved(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

// Outside of the type, whose method has the same name.
private func renameFile(_ old: String, _ new: String) -> Int32 { rename(old, new) }
