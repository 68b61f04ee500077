/// Rows and heads side by side.
struct AuditChain {
  typealias Verdict = AuditLog.Verdict

  /// The last row that fits.
  private(set) var last: AuditLog.Progress
  /// The last row that fits and has its head, if it is to have one.
  private(set) var whole: AuditLog.Progress
  private let heads: AuditHeadReader
  private let file: AuditHeads
  /// Whether each row is to have its head.
  private let wantsHeads: Bool

  init(
    _ progress: AuditLog.Progress, _ heads: AuditHeadReader, _ file: AuditHeads, wantsHeads: Bool
  ) {
    self.wantsHeads = wantsHeads
    last = progress
    whole = progress
    self.heads = heads
    self.file = file
  }

  /// The verdict when the next row is not there.
  var missing: Verdict { .broken(number: last.number + 1, reason: "the row is missing") }

  /// The verdict when there are heads of rows behind the last; nil when there are none.
  var cut: Verdict? {
    get throws {
      var newest: AuditHeads.Head?
      while let head = try heads.peek() {
        newest = head
        _ = heads.take()
      }
      guard let newest else { return nil }
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
  }

  /// Takes the next row; nil when it fits.
  mutating func add(_ row: AuditEntry) throws -> Verdict? {
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
    if row.isEarly || !wantsHeads {
      whole = last
    } else if let head = try heads.peek(), head.number == row.number {
      guard head.hash == row.hash else {
        return .broken(number: row.number, reason: "\(file.name) tells of another row")
      }
      last.headsEnd = heads.take()
      last.headCount += 1
      whole = last
    }
    return nil
  }
}
