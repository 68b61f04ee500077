import FoundationEssentials
import GRDB
import Linux
import POSIX
import Patients

/// One training, comparison or search: what was decided, what came of it and how long it took.
public struct Run: Sendable, Equatable {
  /// What became of it.
  public enum State: String, Sendable {
    /// It is under way.
    case running
    /// It has ended as it should.
    case succeeded
    /// It has ended with an error.
    case failed
    /// A person or a program ended it.
    case cancelled
    /// Its process is gone, and has not said how it ended.
    case interrupted
  }

  /// The number, from 1.
  public internal(set) var number: Int64 = 0
  /// Who began it: who has signed in, or the user of the machine; nil in runs of before that was kept.
  public internal(set) var user: String?
  /// What a person calls it, and notes of it; nil where nobody has written any.
  public internal(set) var remark: RunRemark?
  /// The command, for example `train`.
  public let command: String
  /// When it began, RFC 3339 in UTC.
  public let startedAt: String
  /// What became of it.
  public internal(set) var state = State.running
  /// How long it took, in seconds; nil while it is under way.
  public internal(set) var duration: Double?
  /// The decisions by their names.
  public internal(set) var parameters: [String: String]
  /// The table's name or file.
  public var dataset: String?
  /// The SHA-256 digest of the rows.
  public var dataDigest: String?
  /// The scores by their names.
  public var metrics: [String: Double] = [:]
  /// The version of the model that was saved.
  public var version: String?
  /// Whether it was served then; nil where that was no question.
  public var isPromoted: Bool?
  /// The comparison with the model served before, as JSON.
  public var comparison: String?
  /// Why it ended, in words, when not as it should.
  public internal(set) var error: String?
  /// The process that works on it, such that no other is taken for it.
  let process: String

  /// Begins a run.
  public init(command: String, parameters: [String: String], user: String? = nil) {
    self.user = user
    self.command = command
    self.parameters = parameters
    startedAt = Moment.now.wholeSeconds
    process = "\(ProcessFigures.mark(of: getpid()) ?? "") \(Self.host)"
  }

  /// This machine's name, by which those who share runs know whose process it is.
  private static let host = ProcessInfo.processInfo.hostName.replacing(" ", with: "-")

  /// By which other programs know it: 32 hexadecimal digits, the same each time that they are asked
  /// for, and others for each run of this folder of models and of any other.
  public var identity: String {
    String(SHA256.digest(of: "\(number) \(command) \(startedAt) \(process)").prefix(32))
  }

  /// Whether the process that works on it is there. Another machine's cannot be seen: it is believed for a
  /// day.
  var isAlive: Bool {
    let parts = process.split(separator: " ")
    guard parts.count >= 2, let number = pid_t(parts[0]) else { return false }
    if parts.count > 2, parts[2] != Self.host {
      return startedAt > Moment(microseconds: Moment.now.microseconds - 86_400_000_000).wholeSeconds
    }
    return ProcessFigures.mark(of: number) == parts[..<2].joined(separator: " ")
  }
}

extension Run {
  static let createTable = """
    CREATE TABLE IF NOT EXISTS run (
      number INTEGER PRIMARY KEY,
      command TEXT NOT NULL,
      started_at TEXT NOT NULL,
      state TEXT NOT NULL,
      duration REAL,
      parameters TEXT NOT NULL,
      dataset TEXT,
      data_sha256 TEXT,
      metrics TEXT NOT NULL,
      version TEXT,
      promoted INTEGER,
      comparison TEXT,
      error TEXT,
      process TEXT NOT NULL
    ) STRICT;
    """

  /// Reads a row of the table.
  init(row: Row) throws {
    number = row["number"]
    user = row["begun_by"]
    remark = RunRemark(row: row)
    command = row["command"]
    startedAt = row["started_at"]
    duration = row["duration"]
    parameters = try RunStore.value(row["parameters"])
    dataset = row["dataset"]
    dataDigest = row["data_sha256"]
    metrics = try RunStore.value(row["metrics"])
    version = row["version"]
    isPromoted = row["promoted"]
    comparison = row["comparison"]
    error = row["error"]
    process = row["process"]
    state = State(rawValue: row["state"]) ?? .interrupted
    if state == .running, !isAlive { state = .interrupted }
  }
}
