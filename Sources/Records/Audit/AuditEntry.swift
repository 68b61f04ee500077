import GRDB
import Patients

/// What somebody did, as it is told to the audit log.
public struct AuditAct: Sendable, Equatable {
  /// Who did it.
  public var user: String
  /// What was done, for example `activate`.
  public var action: String
  /// What it was done to, for example a model's version; empty for nothing in particular.
  public var subject: String
  /// What came of it: `done`, or why not.
  public var outcome: String
  /// More about it, in words; empty for nothing.
  public var detail: String
  /// The address of the network that it came from; empty for none.
  public var address: String

  /// Creates an act.
  public init(
    user: String, action: String, subject: String = "", outcome: String = "done",
    detail: String = "", address: String = ""
  ) {
    self.user = user
    self.action = action
    self.subject = subject
    self.outcome = outcome
    self.detail = detail
    self.address = address
  }
}

/// One row of the audit log.
public struct AuditEntry: Sendable, Equatable {
  /// Its place, from 1 without gaps.
  public let number: Int64
  /// When it was written, in microseconds since 1970-01-01 UTC.
  public let time: Int64
  /// What was done.
  public let act: AuditAct
  /// Whether the row was written before rows had an address, and a head in a second file.
  public let isEarly: Bool
  /// The digest of the row before; 64 zeros for the first.
  public let previousHash: String
  /// The SHA-256 digest of this row and of the one before it, 64 hexadecimal digits.
  public let hash: String

  /// The digest before the first row.
  static let firstHash = String(repeating: "0", count: 64)
  private static let maximumLength = 1000

  /// The row that follows another.
  init(_ act: AuditAct, time: Int64, after previous: (number: Int64, hash: String)?) {
    number = (previous?.number ?? 0) + 1
    self.time = time
    self.act = AuditAct(
      user: Self.storable(act.user), action: Self.storable(act.action),
      subject: Self.storable(act.subject), outcome: Self.storable(act.outcome),
      detail: Self.storable(act.detail), address: Self.storable(act.address))
    isEarly = false
    previousHash = previous?.hash ?? Self.firstHash
    hash = Self.digest(number, time, self.act, isEarly: false, previousHash)
  }

  /// Whether the row is what its digest was made of.
  var holdsItsDigest: Bool {
    hash == Self.digest(number, time, act, isEarly: isEarly, previousHash)
  }

  /// The digest of a row: each part is preceded by its length in bytes, so that no two rows are the
  /// same bytes, and one without an address never those of one with an empty address.
  private static func digest(
    _ number: Int64, _ time: Int64, _ act: AuditAct, isEarly: Bool, _ previousHash: String
  ) -> String {
    var parts = [
      previousHash, "\(number)", "\(time)", act.user, act.action, act.subject, act.outcome,
      act.detail,
    ]
    if !isEarly { parts.append(act.address) }
    var text = ""
    for part in parts {
      text += String(part.utf8.count)
      text += ":"
      text += part
    }
    return SHA256.digest(of: text)
  }

  /// A text as it can be kept: no character that controls, since SQLite's texts end at a zero, and
  /// no more than can be read.
  private static func storable(_ text: String) -> String {
    let scalars = text.unicodeScalars.prefix(maximumLength).map { scalar in
      scalar.properties.generalCategory == .control ? "\u{fffd}" : scalar
    }
    return String(String.UnicodeScalarView(scalars))
  }
}

extension AuditEntry {
  private static let createTable = """
    CREATE TABLE IF NOT EXISTS audit (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      time INTEGER NOT NULL,
      user TEXT NOT NULL,
      action TEXT NOT NULL,
      subject TEXT NOT NULL,
      outcome TEXT NOT NULL,
      detail TEXT NOT NULL,
      previous_hash TEXT NOT NULL,
      hash TEXT NOT NULL,
      address TEXT
    ) STRICT;
    CREATE TRIGGER IF NOT EXISTS audit_row_stays BEFORE UPDATE ON audit
      BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
    CREATE TRIGGER IF NOT EXISTS audit_row_remains BEFORE DELETE ON audit
      BEGIN SELECT RAISE(ABORT, 'nothing is deleted from the audit log'); END;
    CREATE TRIGGER IF NOT EXISTS audit_row_is_not_replaced BEFORE INSERT ON audit
      WHEN EXISTS (SELECT 1 FROM audit WHERE number = NEW.number)
      BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
    """

  /// Makes the table, or gives one of an earlier version its column. The rows of before have no
  /// address, by which their digest is known to be of the earlier form.
  static func prepare(_ database: Database) throws {
    try database.execute(sql: createTable)
    if try !database.columns(in: "audit").contains(where: { $0.name == "address" }) {
      try database.execute(sql: "ALTER TABLE audit ADD COLUMN address TEXT")
    }
  }

  func insert(into log: any LogSession) throws {
    try log.change(
      """
      INSERT INTO audit
        (number, time, "user", action, subject, outcome, detail, previous_hash, hash, address)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
      """,
      number, time, act.user, act.action, act.subject, act.outcome, act.detail, previousHash, hash,
      isEarly ? nil : act.address)
  }

  /// Reads a row of the table.
  init(row: Row) {
    number = row["number"]
    time = row["time"]
    act = AuditAct(
      user: row["user"], action: row["action"], subject: row["subject"], outcome: row["outcome"],
      detail: row["detail"], address: row["address"] as String? ?? "")
    isEarly = (row["address"] as String?) == nil
    previousHash = row["previous_hash"]
    hash = row["hash"]
  }
}
