import GRDB
package import POSIX

/// The log of answered predictions, one row a prediction: an SQLite database in write-ahead mode, or one of
/// PostgreSQL, which several hosts share.
///
/// A record counts as kept when it is committed. Records that come while others are committed share
/// the next commit.
public final class PredictionLog: Sendable {
  /// How the log is kept.
  public struct Settings: Sendable {
    /// The database file; or a database of PostgreSQL, as `postgresql://name@host/database`.
    public var path: String
    /// Whether each commit waits until the disk has it, and the copies that a server of PostgreSQL asks for.
    public var survivesLossOfPower = false
    /// Records older than this many days are deleted; nil keeps them all.
    public var retentionDays: Int?
    /// The oldest records are deleted when the file holds more bytes than this; nil for no limit, as
    /// always in PostgreSQL.
    public var byteLimit: Int?
    /// The room that is kept for the log on its disk, in bytes; at most a sixteenth of the disk is. 0 keeps
    /// none, as always in PostgreSQL.
    public var reserve = 0

    /// Whether PostgreSQL keeps it.
    public var isInDatabase: Bool { LogPlace(path).filePath == nil }

    /// Creates the default settings for a file.
    public init(path: String) {
      self.path = path
    }
  }

  let settings: Settings
  private let committer: Committer
  private let maintainer: any LogMaintainer
  private let reserve: LogReserve?

  /// What the operator should hear of.
  public enum Event: Sendable {
    /// The file was not a sound database: it was renamed and a new one begun.
    case setAside(path: String, reason: String)
    /// The log could not be written, for the first time since it could.
    case failed(PredictionLogError)
    /// The log can be written again.
    case recovered
    /// Records were committed together.
    case committed(records: Int, Duration)
    /// Records could not be committed.
    case notCommitted(PredictionLogError)
    /// The room that was kept for the log is in use, or there was none to keep.
    case withoutReserve
    /// Room is kept for the log, for the first time or again.
    case reserveKept
    /// So many records are older than the retention by more than a day, and will be deleted.
    case overdue(records: Int, days: Int)
    /// Records were deleted, within a minute.
    case deleted(beyondTerm: Int, beyondLimit: Int)
    /// Nothing is deleted for its age, since the clock cannot be trusted.
    case deletionPaused(reason: String)
  }

  /// Opens the log; when that fails, `append` tries again.
  ///
  /// - Parameter report: called with what happens to the log, on any thread.
  public init(_ settings: Settings, report: @escaping @Sendable (Event) -> Void = { _ in }) {
    self.settings = settings
    switch LogPlace(settings.path) {
    case .file:
      reserve = LogReserve(settings)
      if let reserve {
        if reserve.make() {
          report(.reserveKept)
        } else if !reserve.isKept {
          report(.withoutReserve)
        }
      }
      committer = Committer(FileWriter(settings, reserve, report), report)
      maintainer = FileMaintainer(settings, reserve, report)
    case .database(let database):
      reserve = nil
      if settings.survivesLossOfPower { database.surviveLossOfPower() }
      committer = Committer(PostgresWriter(database), report)
      maintainer = PostgresMaintainer(database, settings, report)
    }
  }

  /// Takes a record for the next commit and tells `completion`, on any thread, when it is kept, or
  /// why it could not be.
  public func add(
    _ record: PredictionRecord,
    completion: @escaping @Sendable (_ failure: PredictionLogError?) -> Void
  ) {
    committer.add(CollectionOfOne(LogEntry(record: record, isIndexed: false)), completion)
  }

  /// Commits what was added, unless another thread is about to.
  public func commit() { committer.commit() }

  /// Keeps records and returns when they are committed.
  ///
  /// - Throws: `PredictionLogError` when they could not be; nothing of them is kept then.
  public func append(_ records: [PredictionRecord]) throws(PredictionLogError) {
    let done = Promise<PredictionLogError?>()
    committer.add(records.lazy.map { LogEntry(record: $0, isIndexed: true) }) {
      done.fulfil($0)
    }
    commit()
    if let failure = done.wait() { throw failure }
  }

  /// Why the log cannot be written at present, nil when it can.
  public var failure: PredictionLogError? { committer.failure }

  /// Since when it cannot be written, nil when it can.
  package var failedSince: Moment? { committer.failedSince }

  /// Whether room is kept for the log at present; nil when none is to be.
  public var hasReserve: Bool? { reserve?.isKept }

  /// Moves the write-ahead log into the database, deletes what is older than the retention, keeps room
  /// for the log, and sees whether a log that could not be written can be again; to be called a few times a second, by
  /// one thread.
  public func maintain() {
    if failure != nil { committer.probe() }
    maintainer.work()
  }
}
