import GRDB
import POSIX

extension AuditLog {
  /// Whether the rows are what was written.
  public enum Verdict: Sendable, Equatable {
    /// All of them, so many; so many of them have been held against the second record.
    case intact(count: Int, heads: Int)
    /// The first row that does not fit, and why, in words.
    case broken(number: Int64, reason: String)
  }

  /// How far an audit log has been looked through.
  public struct Progress: Sendable {
    fileprivate var number: Int64 = 0
    fileprivate var hash = AuditEntry.firstHash
    fileprivate var headCount = 0
    /// The place of the heads behind which nothing has been read.
    fileprivate var headsEnd = 0

    /// Nothing has been looked at.
    public init() {}
  }

  /// Compares every row with its digest, with the row before, and with its head in the second record.
  ///
  /// The newest row may lack its head, since a process may have died between the two.
  ///
  /// - Complexity: O(rows).
  /// - Throws: `PredictionLogError` when a file cannot be read.
  public func verify() throws(PredictionLogError) -> Verdict {
    var progress = Progress()
    return try verify(from: &progress)
  }

  /// The same of what has come since the rows were looked through the last time.
  ///
  /// - Parameter progress: stays as it was when something does not fit.
  /// - Complexity: O(new rows).
  public func verify(from progress: inout Progress) throws(PredictionLogError) -> Verdict {
    var next = progress
    let verdict: Verdict
    do {
      // In turn with those who write: between a row and its head nothing is looked at. Where no lock can
      // be made, as on a disk that is read-only, nobody writes.
      let lock = try? LogDatabase.lock(of: path)
      try lock?.take()
      let found = try look(from: &next)
      if case .broken = found, progress.number > 0 {
        // Whatever has happened to the rows of before is told of the first of them.
        var whole = Progress()
        let verdictOfAll = try look(from: &whole)
        if case .broken = verdictOfAll { verdict = verdictOfAll } else { verdict = found }
      } else {
        verdict = found
      }
    } catch {
      throw PredictionLogError(error)
    }
    if case .intact = verdict { progress = next }
    return verdict
  }

  private func look(from next: inout Progress) throws -> Verdict {
    let found: (heads: [AuditHeads.Head], end: Int)
    do {
      found = try heads.read(from: next.headsEnd)
    } catch let fault as AuditHeads.Fault {
      let line = next.headCount + fault.line
      return .broken(
        number: next.number + 1, reason: "line \(line) of \(heads.name) is none of a head")
    }
    guard found.end >= next.headsEnd else {
      return .broken(number: next.number, reason: "\(heads.name) has become shorter")
    }
    var chain = Chain(next, found.heads, heads)
    // Rows that were there before are missing with the whole file.
    let broken: Verdict? = try read(empty: next.number > 0 ? chain.missing : nil) { database in
      let rows = try Row.fetchCursor(
        database, sql: "SELECT * FROM audit WHERE number > ? ORDER BY number",
        arguments: [next.number])
      while let row = try rows.next().map(AuditEntry.init) {
        if let broken = chain.add(row) { return broken }
      }
      let written = try Int64.fetchOne(
        database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
      return written ?? 0 == chain.last.number ? nil : chain.cut ?? chain.missing
    }
    if let broken = broken ?? chain.cut { return broken }
    next = chain.whole
    next.headsEnd = found.end
    return .intact(count: Int(chain.last.number), heads: next.headCount)
  }
}

/// Rows and heads side by side.
private struct Chain {
  typealias Verdict = AuditLog.Verdict

  /// The last row that fits.
  private(set) var last: AuditLog.Progress
  /// The last row that fits and has its head, if it is to have one.
  private(set) var whole: AuditLog.Progress
  private var heads: ArraySlice<AuditHeads.Head>
  private let file: AuditHeads

  init(_ progress: AuditLog.Progress, _ heads: [AuditHeads.Head], _ file: AuditHeads) {
    last = progress
    whole = progress
    self.heads = heads[...]
    self.file = file
  }

  /// The verdict when the next row is not there.
  var missing: Verdict { .broken(number: last.number + 1, reason: "the row is missing") }

  /// The verdict when there are heads of rows behind the last; nil when there are none.
  var cut: Verdict? {
    guard let newest = heads.last else { return nil }
    guard newest.number > last.number else {
      return .broken(number: newest.number, reason: "\(file.name) tells of it twice")
    }
    let count = newest.number - last.number
    let words = count == 1 ? "the newest row is" : "the newest \(count) rows are"
    return .broken(
      number: last.number + 1,
      reason: last.number == 0
        ? "all rows are missing, \(count) of which \(file.name) knows"
        : "\(words) missing: \(file.name) tells of more")
  }

  /// Takes the next row; nil when it fits.
  mutating func add(_ row: AuditEntry) -> Verdict? {
    guard row.number == last.number + 1 else { return missing }
    guard row.previousHash == last.hash else {
      return .broken(number: row.number, reason: "it does not follow the row before it")
    }
    guard row.holdsItsDigest else {
      return .broken(number: row.number, reason: "it was changed after it was written")
    }
    guard whole.number == last.number else {
      return .broken(
        number: last.number,
        reason: file.exists ? "\(file.name) does not tell of it" : "\(file.name) is missing")
    }
    last.number = row.number
    last.hash = row.hash
    if let head = heads.first, head.number == row.number, !row.isEarly {
      guard head.hash == row.hash else {
        return .broken(number: row.number, reason: "\(file.name) tells of another row")
      }
      heads.removeFirst()
      last.headCount += 1
      whole = last
    } else if row.isEarly {
      whole = last
    }
    return nil
  }
}
