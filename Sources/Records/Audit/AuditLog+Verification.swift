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
  public struct Progress: Sendable, Equatable {
    /// The last row that was looked at, 0 for none.
    public internal(set) var number: Int64 = 0
    var hash = AuditEntry.firstHash
    var headCount = 0
    /// The place of the heads behind which nothing has been read.
    var headsEnd = 0

    /// Nothing has been looked at.
    public init() {}
  }

  /// Compares every row with its digest, with the row before, and with its head in the second record.
  ///
  /// Rows may be added meanwhile: those that were there at the start are looked at. The newest of them
  /// may lack its head, since a process may have died between the two.
  ///
  /// - Complexity: O(rows), in bounded memory.
  /// - Throws: `PredictionLogError` when a file cannot be read.
  public func verify() throws(PredictionLogError) -> Verdict {
    var progress = Progress()
    return try verify(from: &progress)
  }

  /// The same of what has come since the rows were looked through the last time. That a row of before
  /// has changed is not noticed, if the last of them is there.
  ///
  /// - Parameter progress: stays as it was when something does not fit.
  /// - Complexity: O(new rows); O(rows) when something does not fit.
  public func verify(from progress: inout Progress) throws(PredictionLogError) -> Verdict {
    beginWithHeads(&progress)
    do {
      var next = progress
      switch try look(from: &next, to: mark(after: progress)) {
      case .end(let count, let heads):
        progress = next
        return .intact(count: count, heads: heads)
      case .limit: preconditionFailure("there was no limit")
      case .broken(let number, let reason), .lost(let number, let reason):
        guard progress.number > 0 else { return .broken(number: number, reason: reason) }
        // Whatever has happened to the rows of before is told of the first of them.
        var whole = Progress()
        if case .broken(let number, let reason) = try look(from: &whole, to: mark(after: whole)) {
          return .broken(number: number, reason: reason)
        }
        return .broken(number: number, reason: reason)
      }
    } catch {
      throw PredictionLogError(error)
    }
  }

  /// The same of a few rows, without waiting for those who write.
  ///
  /// - Parameter progress: nothing, when what was looked at before is not there any more; it is to be
  ///   looked for from the first row on.
  /// - Returns: nil while there is more to look at.
  /// - Complexity: O(`limit`).
  public func verify(
    from progress: inout Progress, rows limit: Int
  ) throws(PredictionLogError) -> Verdict? {
    beginWithHeads(&progress)
    do {
      guard let mark = try mark(after: progress, waits: false) else { return nil }
      var next = progress
      switch try look(from: &next, to: mark, rows: Int64(limit)) {
      case .end(let count, let heads):
        progress = next
        return .intact(count: count, heads: heads)
      case .limit:
        progress = next
        return nil
      case .broken(let number, let reason): return .broken(number: number, reason: reason)
      case .lost:
        progress = Progress()
        return nil
      }
    } catch {
      throw PredictionLogError(error)
    }
  }

  /// Begins anew where a host that shares a database has got its second record since: that tells of all rows.
  private func beginWithHeads(_ progress: inout Progress) {
    guard LogPlace(path).filePath == nil, progress.headsEnd == 0, heads.exists else { return }
    progress = Progress()
  }

  // MARK: One look

  /// What there was at one moment.
  private struct Mark {
    /// The newest row.
    var last: Int64 = 0
    /// The newest that has ever been, as the database has it.
    var written: Int64 = 0
    /// The digest of the row to which was looked before.
    var hash: String?
    /// The length of the second record.
    let headsEnd: Int
  }

  private enum Finding {
    case end(count: Int, heads: Int)
    case limit
    case broken(number: Int64, reason: String)
    /// Something that was looked at before is not there any more.
    case lost(number: Int64, reason: String)

    init(_ verdict: Verdict) {
      switch verdict {
      case .intact(let count, let heads): self = .end(count: count, heads: heads)
      case .broken(let number, let reason): self = .broken(number: number, reason: reason)
      }
    }
  }

  private func mark(after progress: Progress) throws -> Mark {
    try mark(after: progress, waits: true)!
  }

  /// Finds out what there is, in turn with those who write, so that no row is between it and its head.
  ///
  /// - Returns: nil when it does not wait, and somebody writes.
  private func mark(after progress: Progress, waits: Bool) throws -> Mark? {
    // Where no lock can be made, as on a disk that is read-only, nobody writes.
    guard let lock = try? lock else { return try unlockedMark(progress) }
    func mark() throws -> Mark {
      completeHeads()
      return try unlockedMark(progress)
    }
    return waits ? try lock.whileHeld(mark) : try lock.ifFree(mark)
  }

  private func unlockedMark(_ progress: Progress) throws -> Mark {
    var mark = Mark(headsEnd: heads.size)
    try read(empty: ()) { log in
      mark.last = try log.rows("SELECT COALESCE(MAX(number), 0) AS last FROM audit")[0]["last"]
      // PostgreSQL counts for nobody who rolls back; the heads alone tell of rows that were cut off.
      mark.written =
        log is Database
        ? try log.rows("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").first?["seq"] ?? 0
        : mark.last
      mark.hash = try log.rows("SELECT hash FROM audit WHERE number = ?1", progress.number)
        .first?["hash"]
    }
    return mark
  }

  /// Looks at the rows and heads up to a mark, or at so many of them; no lock is held.
  private func look(
    from next: inout Progress, to mark: Mark, rows limit: Int64 = .max
  ) throws -> Finding {
    guard mark.headsEnd >= next.headsEnd else {
      return .lost(number: next.number, reason: "\(heads.name) has become shorter")
    }
    guard next.number == 0 || mark.hash == next.hash else {
      return .lost(
        number: next.number,
        reason: mark.hash == nil ? "the row is missing" : "it was changed after it was written")
    }
    let end = mark.last - next.number > limit ? next.number + limit : mark.last
    var chain = AuditChain(
      next, try AuditHeadReader(heads, from: next.headsEnd, to: mark.headsEnd), heads,
      wantsHeads: hasHeads)
    do {
      while chain.last.number < end {
        let rows = try rows(after: chain.last.number, to: end)
        if rows.isEmpty { break }
        for row in rows {
          if let broken = try chain.add(row) { return Finding(broken) }
        }
      }
      if end < mark.last, chain.last.number == end {
        next = chain.whole
        return .limit
      }
      if let cut = try chain.cut { return Finding(cut) }
      guard chain.last.number == mark.written else { return Finding(chain.missing) }
    } catch let fault as AuditHeads.Fault {
      return .broken(
        number: chain.whole.number + 1,
        reason: "line \(next.headCount + fault.line) of \(heads.name) is none of a head")
    }
    next = chain.whole
    return .end(count: Int(chain.last.number), heads: next.headCount)
  }

  func rows(after number: Int64, to end: Int64) throws(PredictionLogError) -> [AuditEntry] {
    try read(empty: []) { try Self.rows($0, after: number, to: end) }
  }
}
