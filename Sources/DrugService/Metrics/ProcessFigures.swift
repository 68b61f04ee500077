import FoundationEssentials
import Glibc

/// What the system tells of a process.
struct ProcessFigures {
  /// Its resident memory, in bytes.
  let residentBytes: Int
  let openDescriptors: Int

  /// - Returns: nil when there is no such process, or it may not be looked at.
  init?(of id: pid_t) {
    guard let status = Self.text("/proc/\(id)/statm"),
      let pages = status.split(separator: " ").dropFirst().first.flatMap({ Int($0) }),
      let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd")
    else { return nil }
    residentBytes = pages * Int(getpagesize())
    openDescriptors = descriptors.count
  }

  private static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}
