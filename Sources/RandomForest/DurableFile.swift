import Glibc

/// Files that are whole or not there, also after a crash.
public enum DurableFile {
  /// Writes bytes to a temporary name beside `path`, syncs them, renames them into place and syncs
  /// the folder, so that a reader sees the old content or the new one.
  ///
  /// - Throws: `SystemError`; nothing is left behind and an existing file stays.
  public static func write(
    _ bytes: UnsafeRawBufferPointer, to path: String
  ) throws(SystemError) {
    // Not the process's number, which its threads share and a later process may have again.
    let temporary = "\(path).\(UInt64.random(in: 0 ... .max)).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw SystemError("open", temporary) }
    do throws(SystemError) {
      defer { close(descriptor) }
      try writeAll(bytes, to: descriptor, temporary)
      guard fsync(descriptor) == 0 else { throw SystemError("fsync", temporary) }
      guard rename(temporary, path) == 0 else { throw SystemError("rename", path) }
    } catch {
      unlink(temporary)
      throw error
    }
    try syncFolder(of: path)
  }

  /// Makes the names in the folder of `path` survive a crash.
  public static func syncFolder(of path: String) throws(SystemError) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError("open", folder) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw SystemError("fsync", folder) }
  }

  private static func writeAll(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String
  ) throws(SystemError) {
    var rest = bytes
    while !rest.isEmpty {
      let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if written < 0 {
        if errno == EINTR { continue }
        throw SystemError("write", path)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }
}
