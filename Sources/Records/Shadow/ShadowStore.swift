import FoundationEssentials
import GRDB
import POSIX
import Patients

/// What the shadow of a folder of models has said, in `shadow.sqlite` beside them.
///
/// Of a patient it holds the number and the identifier of the prediction and the shadow's own words. What was
/// measured stands in the log alone, with which it is joined when it is read: what is forgotten there is told no
/// more, and goes from here within minutes.
public final class ShadowStore: Sendable {
  /// So many of the newest answers are kept one by one; of those before, the sums of their days.
  public static let capacity = 500_000
  /// So many days are kept.
  static let dayCapacity = 400

  let queue: DatabaseQueue

  private static func path(_ root: String) -> String { "\(root)/shadow.sqlite" }

  /// Opens the store for writing, and makes it when it is not there or damaged.
  ///
  /// - Throws: what the database throws.
  public init(root: String) throws {
    do {
      queue = try Self.open(root)
    } catch let error as DatabaseError
      where error.resultCode == .SQLITE_NOTADB || error.resultCode == .SQLITE_CORRUPT
    {
      // Nobody can read it any more, and nothing in it cannot be found out again.
      Self.remove(root: root)
      queue = try Self.open(root)
    }
  }

  private static func open(_ root: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.label = "shadow"
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { database in
      // A commit waits for no disk: what a loss of power takes is found out again.
      try database.execute(sql: "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON")
    }
    PrivateDatabase.prepare(path(root))
    let queue = try DatabaseQueue(path: path(root), configuration: configuration)
    try queue.write { database in
      guard try Int.fetchOne(database, sql: "PRAGMA user_version") != version else { return }
      for table in ["shadow", "answer", "day", "champion", "change"] {
        try database.execute(sql: "DROP TABLE IF EXISTS \(table)")
      }
      try database.execute(sql: tables + ShadowDay.createTable)
      try database.execute(sql: "PRAGMA user_version = \(version)")
    }
    return queue
  }

  /// Opens the store of a shadow for reading.
  ///
  /// - Parameter since: when the shadow began.
  /// - Returns: nil when there is none of it yet.
  /// - Throws: what the database throws.
  public init?(reading root: String, of version: String, since: String) throws {
    guard FileStatus.exists(Self.path(root)) else { return nil }
    queue = try PrivateDatabase.reader(Self.path(root))
    let isIts = try queue.read { database in
      // Whoever makes it may not have come to its tables.
      try database.tableExists("shadow")
        && Bool.fetchOne(
          database, sql: "SELECT 1 FROM shadow WHERE version = ? AND since = ?",
          arguments: [version, since]) != nil
    }
    guard isIts else { return nil }
  }

  /// Removes what is kept.
  public static func remove(root: String) {
    for suffix in ["", "-wal", "-shm"] { unlink(path(root) + suffix) }
  }

  /// Kept in the file as `user_version`; a file of another version is begun anew.
  private static let version = 1

  private static let tables = """
    CREATE TABLE shadow (
      version TEXT NOT NULL, since TEXT NOT NULL, number INTEGER NOT NULL, id TEXT, failure TEXT
    ) STRICT;
    CREATE TABLE answer (
      number INTEGER PRIMARY KEY, id TEXT NOT NULL, drug TEXT NOT NULL, probability REAL NOT NULL,
      prediction_set TEXT NOT NULL, needs_review INTEGER NOT NULL, changed INTEGER NOT NULL,
      differs INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX changed_answer ON answer (number) WHERE changed = 1;
    CREATE INDEX differing_answer ON answer (number) WHERE differs = 1;
    CREATE TABLE champion (version TEXT PRIMARY KEY, answered INTEGER NOT NULL) STRICT;
    CREATE TABLE change (
      champion TEXT NOT NULL, shadow TEXT NOT NULL, answered INTEGER NOT NULL,
      PRIMARY KEY (champion, shadow)
    ) STRICT;
    """

  /// Begins a shadow, unless it has begun: what another has left goes.
  ///
  /// - Parameter place: behind which row of the log it begins; asked for when it has not begun.
  public func begin(
    _ version: String, since: String, behind place: @autoclosure () throws -> ShadowPlace
  ) throws {
    let hasBegun = try queue.read { database in
      try Bool.fetchOne(
        database, sql: "SELECT 1 FROM shadow WHERE version = ? AND since = ?",
        arguments: [version, since]) != nil
    }
    if hasBegun { return }
    let place = try place()
    try queue.write { database in
      for table in ["shadow", "answer", "day", "champion", "change"] {
        try database.execute(sql: "DELETE FROM \(table)")
      }
      try database.execute(
        sql: "INSERT INTO shadow VALUES (?, ?, ?, ?, NULL)",
        arguments: [version, since, place.number, place.id])
    }
  }

  /// The last row of the log that was looked at.
  public var place: ShadowPlace {
    get throws {
      try queue.read { database in
        try Row.fetchOne(database, sql: "SELECT number, id FROM shadow")
          .map { ShadowPlace(number: $0[0], id: $0[1]) } ?? .start
      }
    }
  }

  /// Goes on behind another row.
  public func move(to place: ShadowPlace) throws {
    try queue.write { try Self.move(to: place, $0) }
  }

  private static func move(to place: ShadowPlace, _ database: Database) throws {
    try database.execute(
      sql: "UPDATE shadow SET number = ?, id = ?", arguments: [place.number, place.id])
  }

  /// Notes why the shadow does not answer, nil when it does.
  public func note(failure: String?) throws {
    try queue.write {
      try $0.execute(
        sql: "UPDATE shadow SET failure = ?1 WHERE failure IS NOT ?1", arguments: [failure])
    }
  }

  /// Keeps what came of rows of the log, in their order, and that they were looked at. One that was kept before
  /// is not counted again.
  public func add(_ looks: [ShadowLook]) throws {
    guard let last = looks.last else { return }
    try queue.write { database in
      var days: [String: ShadowDay] = [:]
      for look in looks {
        switch look {
        case .answered(let answer, let kept, let change, let seconds):
          guard try Self.insert(answer, kept, database) else { continue }
          days[Self.day(of: kept.time), default: ShadowDay(Self.day(of: kept.time))]
            .add(answer, kept: kept, change: change, seconds: seconds)
        case .leftOut(_, _, let time):
          days[Self.day(of: time), default: ShadowDay(Self.day(of: time))].leftOut += 1
        case .passedOver: break
        }
      }
      for day in days.values { try day.add(to: database) }
      try Self.move(to: last.place, database)
      try database.execute(
        sql: """
          DELETE FROM answer WHERE number <= (
            SELECT number FROM answer ORDER BY number DESC LIMIT 1 OFFSET \(Self.capacity));
          DELETE FROM day WHERE day <= (
            SELECT day FROM day ORDER BY day DESC LIMIT 1 OFFSET \(Self.dayCapacity));
          """)
    }
  }

  /// - Returns: whether it is new.
  private static func insert(
    _ answer: ShadowAnswer, _ kept: PredictionRecord, _ database: Database
  ) throws -> Bool {
    let isChanged = answer.drug != kept.drug
    try database.cachedStatement(
      sql: """
        INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (number) DO UPDATE SET
          id = excluded.id, drug = excluded.drug, probability = excluded.probability,
          prediction_set = excluded.prediction_set, needs_review = excluded.needs_review,
          changed = excluded.changed, differs = excluded.differs
        WHERE id <> excluded.id
        """
    ).execute(arguments: [
      answer.number, answer.id, answer.drug, answer.probability, answer.predictionSet.json,
      answer.needsReview, isChanged, !answer.isSame(as: kept),
    ])
    guard database.changesCount == 1 else { return false }
    try database.cachedStatement(
      sql: """
        INSERT INTO champion VALUES (?, 1)
        ON CONFLICT (version) DO UPDATE SET answered = answered + 1
        """
    ).execute(arguments: [kept.modelVersion])
    guard isChanged else { return true }
    try database.cachedStatement(
      sql: """
        INSERT INTO change VALUES (?, ?, 1)
        ON CONFLICT (champion, shadow) DO UPDATE SET answered = answered + 1
        """
    ).execute(arguments: [kept.drug, answer.drug])
    return true
  }

  private static func day(of time: Int64) -> String {
    String(Moment(microseconds: time).text.prefix(10))
  }

  /// Deletes the answers of a few predictions that the log has forgotten.
  ///
  /// - Parameters:
  ///   - number: the last that was looked at, 0 for none.
  ///   - identifiers: those of the predictions that the log has, by their numbers.
  /// - Returns: the last that was looked at now, 0 when that was the newest.
  public func deleteForgotten(
    after number: Int64, count: Int, _ identifiers: ([Int64]) throws -> [Int64: String]
  ) throws -> Int64 {
    let places = try places("number > ?1 ORDER BY number LIMIT ?2", [number, count])
    guard let last = places.last else { return 0 }
    let kept = try identifiers(places.map(\.number))
    let gone = places.filter { kept[$0.number] != $0.id }
    if !gone.isEmpty {
      let list = gone.map { "\($0.number)" }.joined(separator: ",")
      try queue.write { try $0.execute(sql: "DELETE FROM answer WHERE number IN (\(list))") }
      // So that the files hold nothing of them; somebody who reads may prevent it.
      _ = try? queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    }
    return places.count < count ? 0 : last.number
  }

  /// The places of the newest answers, the newest first.
  public func newestPlaces(_ limit: Int) throws -> [ShadowPlace] {
    try places("1 ORDER BY number DESC LIMIT ?1", [limit])
  }

  private func places(
    _ condition: String, _ arguments: StatementArguments
  ) throws -> [ShadowPlace] {
    try queue.read { database in
      try Row.fetchAll(
        database, sql: "SELECT number, id FROM answer WHERE \(condition)", arguments: arguments
      ).map { ShadowPlace(number: $0[0], id: $0[1]) }
    }
  }
}
