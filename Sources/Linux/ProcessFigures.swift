import POSIX

/// What the system tells of a process (proc(5)).
package struct ProcessFigures {
  /// Its resident memory, in bytes.
  package let residentBytes: Int
  package let openDescriptors: Int

  /// - Returns: nil when there is no such process, or it may not be looked at.
  package init?(of id: Int32) {
    guard
      let pages = Self.text("/proc/\(id)/statm")?.split(separator: " ").dropFirst().first
        .flatMap({ Int($0) }),
      let folder = opendir("/proc/\(id)/fd")
    else { return nil }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    residentBytes = pages * Int(getpagesize())
    // The folder itself and the one above stand there too.
    openDescriptors = max(0, count - 2)
  }

  /// A process's number and when it started, in ticks since the machine did: no other process has or
  /// will have both. Nil when there is none of the number.
  package static func mark(of id: Int32) -> String? {
    // What stands behind the program's name, which may hold anything.
    let fields = text("/proc/\(id)/stat")?.split(separator: ")").last?.split(separator: " ")
    guard let fields, fields.count > 19 else { return nil }
    return "\(id) \(fields[19])"
  }

  private static func text(_ path: String) -> String? {
    guard let file = try? FileDescriptor(opening: path, O_RDONLY) else { return nil }
    defer { file.close() }
    var buffer = [UInt8](repeating: 0, count: 4096)
    guard let count = try? file.read(into: &buffer), count > 0
    else { return nil }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }
}
