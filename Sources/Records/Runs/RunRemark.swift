import GRDB
import POSIX

/// What a person calls a run, and notes of it.
public struct RunRemark: Sendable, Equatable {
  /// The name; empty for none.
  public let name: String
  /// The note; empty for none.
  public let note: String
  /// Who has written both.
  public let user: String
  /// When, RFC 3339 in UTC.
  public let time: String

  /// Creates what somebody writes now.
  public init(name: String, note: String, user: String) {
    self.name = name
    self.note = note
    self.user = user
    time = Moment.now.wholeSeconds
  }

  /// Reads what stands beside a run; nil for nothing.
  init?(row: Row) {
    guard let name: String = row["remark_name"] else { return nil }
    self.name = name
    note = row["remark_note"] ?? ""
    user = row["remark_user"] ?? ""
    time = row["remark_time"] ?? ""
  }

  /// Tables of their own: an older program writes the rows of `run` whole, and a run that ends must not take
  /// away what was written of it meanwhile.
  static let createTables = """
    CREATE TABLE IF NOT EXISTS run_user (run INTEGER PRIMARY KEY, user TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS remark (
      run INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      note TEXT NOT NULL,
      user TEXT NOT NULL,
      time TEXT NOT NULL
    ) STRICT;
    """

  /// Runs with what stands beside them.
  ///
  /// - Parameter isThere: whether the tables are; a store that nobody has written since has none.
  static func select(_ isThere: Bool) -> String {
    guard isThere else {
      return "SELECT run.*, NULL AS begun_by, NULL AS remark_name FROM run"
    }
    return """
      SELECT run.*, run_user."user" AS begun_by, remark.name AS remark_name, remark.note AS remark_note,
        remark."user" AS remark_user, remark.time AS remark_time
      FROM run LEFT JOIN run_user ON run_user.run = run.number
      LEFT JOIN remark ON remark.run = run.number
      """
  }
}
