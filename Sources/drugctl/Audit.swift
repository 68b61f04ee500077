import ArgumentParser
import POSIX
import Records

struct Audit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows who did what over REST, or checks that the record was not changed.",
    discussion: """
      The service may go on meanwhile. 'nginx/serve' keeps the record in log/audit.sqlite unless \
      its setting LOG names another folder.
      """)

  @Option(help: ArgumentHelp("The database of the audit log.", valueName: "file"))
  var log = LogDefault.audit

  @Option(help: ArgumentHelp("The most acts to show.", valueName: "number"))
  var limit = 20

  @Option(
    help: ArgumentHelp(
      "The second record, of the digests alone (default: audit.heads beside the database).",
      valueName: "file"))
  var heads = LogDefault.heads

  @Flag(
    help: """
      Check every row against its digest and against the second record, and name the first that does \
      not fit.
      """)
  var verify = false

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit is a number of acts, 1 or more.") }
  }

  func run() throws {
    let audit = AuditLog(path: log, heads: heads)
    // A database that vanished is a finding, not a wrong name.
    guard audit.exists || verify && audit.heads.exists else {
      throw MissingLog(path: log)
    }
    if verify { return try Self.verify(audit) }
    var text = TextTable(
      ["number", "time (UTC)", "user", "address", "action", "subject", "outcome", "detail"],
      wordColumns: [1, 2, 3, 4, 5, 6, 7])
    for entry in try audit.newest(limit) {
      text.add([
        "\(entry.number)",
        Moment(microseconds: entry.time).text.tableTime,
        entry.act.user, entry.act.address, entry.act.action, entry.act.subject,
        entry.act.outcome, entry.act.detail,
      ])
    }
    for line in text.lines { print(line) }
  }

  private static func verify(_ audit: AuditLog) throws {
    switch try audit.verify() {
    case .intact(let count, let heads):
      print("intact: \(count) \(count == 1 ? "row" : "rows")")
      print("compared with \(heads) \(heads == 1 ? "head" : "heads") in \(audit.heads.path)")
    case .broken(let number, let reason): throw BrokenAudit(number: number, reason: reason)
    }
  }
}

/// The audit log was changed.
private struct BrokenAudit: Error, CustomStringConvertible {
  let number: Int64
  let reason: String
  var description: String { "broken at row \(number): \(reason)" }
}

/// There is no audit log.
private struct MissingLog: Error, CustomStringConvertible {
  let path: String
  var description: String { "\(path): there is no such file" }
}
