import POSIX

/// The second record of an audit log: a text that only grows, with the number, the time and the digest
/// of each row on a line.
///
/// It lies in a file of its own, which may be on another disk. Whoever cuts rows off the end of the
/// table, or removes it, would have to cut as much off here.
public struct AuditHeads: Sendable {
  /// The digest of a row, by its number.
  struct Head: Sendable, Equatable {
    let number: Int64
    let hash: String

    init(_ entry: AuditEntry) {
      number = entry.number
      hash = entry.hash
    }

    /// Reads a line, without its end; nil when it is none.
    init?(line: String) {
      let parts = line.split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 3, let number = Int64(parts[0]), number > 0, parts[1].utf8.count == 20,
        parts[2].utf8.count == AuditEntry.firstHash.utf8.count
      else { return nil }
      self.number = number
      hash = String(parts[2])
    }
  }

  /// A line that is no head.
  struct Fault: Error {
    let line: Int
  }

  /// The longest line, in bytes.
  static let lineLimit = 128

  /// The file.
  public let path: String

  init(path: String) { self.path = path }

  /// The file beside a database, when none is named: `audit.heads` beside `audit.sqlite`.
  static func path(beside database: String) -> String {
    let suffix = ".sqlite"
    return (database.hasSuffix(suffix) ? String(database.dropLast(suffix.count)) : database)
      + ".heads"
  }

  /// The file's own name.
  var name: Substring { path.split(separator: "/").last ?? "" }

  /// Whether the file is there.
  public var exists: Bool { FileStatus.exists(path) }

  /// Whether lines can be added, and may be.
  func probe() throws { try open().close() }

  /// Adds the digest of a row, and waits until the disk has it.
  func append(_ entry: AuditEntry) throws { try append([entry]) }

  /// Adds the digests of rows, and waits once until the disk has them.
  func append(_ entries: [AuditEntry]) throws {
    let isNew = !exists
    let file = try open()
    defer { file.close() }
    var line = Array(
      entries.map { entry in
        "\(entry.number) \(Moment(microseconds: entry.time).wholeSeconds) \(entry.hash)\n"
      }.joined().utf8)
    // A line that was broken off, when the machine lost its power, stays one by itself.
    if try file.status().size > 0, try !endsWithLine(file) { line.insert(Self.newline, at: 0) }
    try file.write(line)
    try file.sync()
    if isNew { try DurableFile.syncFolder(of: path) }
  }

  /// The newest head; nil when there is none, or the last line was broken off.
  func newest() throws -> Head? {
    guard exists else { return nil }
    let (file, status) = try FileDescriptor.regular(path)
    defer { file.close() }
    // Enough for lines that were broken off, too; the first may begin before.
    let start = max(0, status.size - 16 * Self.lineLimit)
    let bytes = try file.bytes(status.size - start, at: start)
    let lines = bytes.split(separator: Self.newline, omittingEmptySubsequences: false)
    return lines.dropFirst(start > 0 ? 1 : 0).reversed().lazy
      .compactMap { Head(line: String(decoding: $0, as: UTF8.self)) }.first
  }

  /// The length of the file in bytes, 0 when it is not there.
  var size: Int { FileStatus(of: path)?.size ?? 0 }

  static let newline = UInt8(ascii: "\n")

  private func open() throws(SystemError) -> FileDescriptor {
    try FileDescriptor(opening: path, O_RDWR | O_APPEND | O_CREAT, mode: 0o600)
  }

  private func endsWithLine(_ file: FileDescriptor) throws -> Bool {
    try file.bytes(1, at: try file.status().size - 1) == [Self.newline]
  }
}
