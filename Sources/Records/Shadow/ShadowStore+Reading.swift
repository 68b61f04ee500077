import GRDB
import Patients

/// A patient of whom the shadow says something else than what was answered.
public struct ShadowDisagreement: Sendable, Equatable {
  /// What was answered.
  public let kept: PredictionRecord
  /// What the shadow says.
  public let shadow: ShadowAnswer
}

extension ShadowStore {
  /// The newest patients of whom the shadow says something else, the newest first; those whom the log has
  /// forgotten are not among them.
  ///
  /// - Parameters:
  ///   - number: only those before this place in the log; nil for all.
  ///   - ofDrugsAlone: only those whose drug is another, and not those of another probability or set.
  ///   - log: the database of the prediction log.
  /// - Returns: them, and before which place there may be more; nil for none.
  /// - Throws: what the databases throw.
  public func disagreements(
    _ limit: Int, before number: Int64? = nil, ofDrugsAlone: Bool, in log: String
  ) throws -> (found: [ShadowDisagreement], next: Int64?) {
    var found: [ShadowDisagreement] = []
    var end = number ?? .max
    // A log that has forgotten most of them is not looked through to its end at once.
    for _ in 0..<Self.readCount {
      let answers = try differing(Self.readSize, before: end, ofDrugsAlone)
      let kept = try PredictionLog.records(in: log, of: answers.map(\.number))
      for answer in answers {
        end = answer.number
        guard let record = kept[answer.number], record.id == answer.id else { continue }
        found.append(ShadowDisagreement(kept: record, shadow: answer))
        if found.count > limit {
          return (Array(found.prefix(limit)), found[limit - 1].shadow.number)
        }
      }
      if answers.count < Self.readSize { return (found, nil) }
    }
    return (found, end)
  }

  /// So many answers are looked at in one step, and so many steps are made for a page.
  private static let (readSize, readCount) = (500, 20)

  private func differing(
    _ limit: Int, before number: Int64, _ ofDrugsAlone: Bool
  ) throws -> [ShadowAnswer] {
    try queue.read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT * FROM answer WHERE \(ofDrugsAlone ? "changed" : "differs") = 1 AND number < ?
          ORDER BY number DESC LIMIT ?
          """, arguments: [number, limit]
      ).map(ShadowAnswer.init)
    }
  }

  /// The number of the oldest answer that is kept.
  var oldestNumber: Int64? {
    get throws { try queue.read { try Int64.fetchOne($0, sql: "SELECT MIN(number) FROM answer") } }
  }

  /// The drugs that the shadow names, by the numbers of the predictions.
  func drugs(of numbers: [Int64]) throws -> [Int64: (id: String, drug: String)] {
    let list = numbers.map(String.init).joined(separator: ",")
    return try queue.read { database in
      Dictionary(
        uniqueKeysWithValues: try Row.fetchAll(
          database, sql: "SELECT number, id, drug FROM answer WHERE number IN (\(list))"
        ).map { ($0[0] as Int64, (id: $0[1] as String, drug: $0[2] as String)) })
    }
  }
}

extension ShadowAnswer {
  init(row: Row) {
    self.init(
      number: row["number"], id: row["id"], drug: row["drug"], probability: row["probability"],
      predictionSet: PredictionRecord.names(row["prediction_set"]),
      needsReview: row["needs_review"])
  }
}
