import FoundationEssentials
import GRDB
import POSIX

/// Why runs cannot be told of.
public struct RunError: Error, Equatable, CustomStringConvertible {
  /// What is wrong, in words.
  public let description: String
}

/// The runs of a folder of models, in `runs.sqlite`; or those of several hosts, in PostgreSQL.
public final class RunStore: Sendable {
  private enum Database {
    case file(DatabaseQueue)
    case shared(PostgresDatabase)
  }

  private let database: Database

  /// Opens the store for writing, and makes it when it is not there.
  ///
  /// - Parameter root: the folder of models, or a database of PostgreSQL, as
  ///   `postgresql://name@host/database`.
  /// - Throws: `SystemError`, or what the database throws.
  public init(root: String) throws {
    if case .database(let found) = LogPlace(root) {
      database = .shared(found)
      try found.write(makesTables: true) { _ in }
      return
    }
    try DurableFile.makeFolders(root)
    var configuration = Configuration()
    configuration.label = "runs"
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(5)
    PrivateDatabase.prepare("\(root)/runs.sqlite")
    let queue = try DatabaseQueue(path: "\(root)/runs.sqlite", configuration: configuration)
    database = .file(queue)
    try queue.write {
      try $0.execute(sql: Run.createTable + Trial.createTable + RunRemark.createTables)
    }
  }

  /// Opens a store that is there, for reading.
  ///
  /// - Throws: `RunError` when there is none, or what the database throws.
  public init(reading root: String) throws {
    if case .database(let found) = LogPlace(root) {
      database = .shared(found)
      return
    }
    let path = "\(root)/runs.sqlite"
    guard FileStatus.exists(path) else {
      throw RunError(description: "no run was recorded in \(root)")
    }
    database = .file(try PrivateDatabase.reader(path))
  }

  /// Whether anything was recorded.
  ///
  /// - Parameter root: as above.
  public static func exists(_ root: String) -> Bool {
    LogPlace(root).filePath.map { FileStatus.exists("\($0)/runs.sqlite") } ?? true
  }

  private func read<Result>(_ body: (any LogSession) throws -> Result) throws -> Result {
    switch database {
    case .file(let queue): try queue.read { try body($0) }
    case .shared(let database): try database.read(body)
    }
  }

  private func write<Result>(_ body: (any LogSession) throws -> Result) throws -> Result {
    switch database {
    case .file(let queue): return try queue.write { try body($0) }
    case .shared(let database):
      // What is wrong with a run is told as that, and takes the transaction back all the same.
      var failure: RunError?
      do {
        return try database.write { log in
          do {
            return try body(log)
          } catch let error as RunError {
            failure = error
            throw error
          }
        }
      } catch {
        throw failure ?? error
      }
    }
  }

  /// Records a run that begins, and gives it its number.
  public func begin(_ run: inout Run) throws {
    let new = run
    run.number = try write { log in
      let number: Int64 = try log.rows(
        """
        INSERT INTO run (command, started_at, state, parameters, metrics, process)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING number
        """,
        new.command, new.startedAt, new.state.rawValue, Self.json(new.parameters),
        Self.json(new.metrics), new.process)[0]["number"]
      if let user = new.user {
        try log.change(
          """
          INSERT INTO run_user (run, "user") VALUES (?1, ?2)
          ON CONFLICT (run) DO UPDATE SET "user" = excluded."user"
          """, number, user)
      }
      return number
    }
    try update(run)
  }

  /// Records what a run has come to.
  public func update(_ run: Run) throws {
    _ = try write { log in
      try log.change(
        """
        UPDATE run SET state = ?2, duration = ?3, parameters = ?4, dataset = ?5, data_sha256 = ?6,
          metrics = ?7, version = ?8, promoted = ?9, comparison = ?10, error = ?11
        WHERE number = ?1
        """,
        run.number, run.state.rawValue, run.duration, Self.json(run.parameters), run.dataset,
        run.dataDigest, Self.json(run.metrics), run.version, run.isPromoted, run.comparison,
        run.error)
    }
  }

  /// Records a trial of a search.
  public func add(_ trial: Trial, to run: Run) throws {
    try write { try trial.insert(of: run.number, into: $0) }
  }

  /// Keeps what a person calls a run and notes of it, in place of what was kept; nothing when both are empty.
  ///
  /// - Throws: `RunError` when there is no such run.
  public func keep(_ remark: RunRemark, of number: Int64) throws {
    try write { log in
      guard try !log.rows("SELECT number FROM run WHERE number = ?1", number).isEmpty else {
        throw RunError(description: "there is no run \(number)")
      }
      try log.change("DELETE FROM remark WHERE run = ?1", number)
      guard !remark.name.isEmpty || !remark.note.isEmpty else { return }
      try log.change(
        """
        INSERT INTO remark (run, name, note, "user", time) VALUES (?1, ?2, ?3, ?4, ?5)
        """, number, remark.name, remark.note, remark.user, remark.time)
    }
  }

  /// How many runs there are.
  public var count: Int {
    get throws {
      try read { try $0.rows("SELECT COUNT(*) AS count FROM run")[0]["count"] }
    }
  }

  /// The newest runs, the newest first.
  ///
  /// - Parameter from: how many to leave out before them.
  public func newest(_ limit: Int, from: Int = 0) throws -> [Run] {
    try read { log in
      try log.rows(
        "\(try Self.select(log)) ORDER BY run.number DESC LIMIT ?1 OFFSET ?2", limit, from
      ).map(Run.init)
    }
  }

  private static func select(_ log: any LogSession) throws -> String {
    // A file that nobody has written since has no such tables.
    let file = log as? GRDB.Database
    return RunRemark.select(
      try file.map { try $0.tableExists("remark") && $0.tableExists("run_user") } ?? true)
  }

  /// One run.
  ///
  /// - Throws: `RunError` when there is none of the number.
  public func run(_ number: Int64) throws -> Run {
    let run = try read { log in
      try log.rows("\(try Self.select(log)) WHERE run.number = ?1", number).first.map(Run.init)
    }
    guard let run else { throw RunError(description: "there is no run \(number)") }
    return run
  }

  /// The trials of a search in their order.
  public func trials(of run: Run) throws -> [Trial] {
    try read { log in
      try log.rows("SELECT * FROM trial WHERE run = ?1 ORDER BY number", run.number)
        .map(Trial.init)
    }
  }

  /// Brings the runs that another store lacks, with their numbers.
  ///
  /// - Returns: how many.
  /// - Throws: `RunError` when that has other runs of the same numbers.
  func copy(to target: RunStore) throws -> Int {
    let tables = try read { log in
      try Self.tables.map { ($0.name, $0.key, try Self.rows(of: $0.name, log)) }
    }
    return try target.write { log in
      var known: [Int64: Row] = [:]
      for row in try log.rows("SELECT number, command, started_at, process FROM run") {
        known[row["number"]] = row
      }
      for row in tables[0].2 {
        guard let other = known[row["number"]] else { continue }
        guard
          ["command", "started_at", "process"].allSatisfy({
            row[$0] as String? == other[$0] as String?
          })
        else { throw RunError(description: "the target has runs of its own: none was brought") }
      }
      for (table, key, rows) in tables {
        for row in rows where known[row[key]] == nil {
          let names: [String] = row.columnNames.map { "\"\($0)\"" }
          let places = (1...names.count).map { "?\($0)" }
          try log.change(
            """
            INSERT INTO \(table) (\(names.joined(separator: ", ")))
            VALUES (\(places.joined(separator: ", ")))
            """, list: Array(row.databaseValues))
        }
      }
      if log is PostgresSession {
        // The next run takes the number behind them.
        _ = try log.rows(
          "SELECT setval(pg_get_serial_sequence('run', 'number'), MAX(number)) FROM run")
      }
      return tables[0].2.count { known[$0["number"]] == nil }
    }
  }

  private static let tables: [(name: String, key: String)] = [
    ("run", "number"), ("run_user", "run"), ("remark", "run"), ("trial", "run"),
  ]

  private static func rows(of table: String, _ log: any LogSession) throws -> [Row] {
    // A file that nobody has written since may lack one.
    if let file = log as? GRDB.Database, try !file.tableExists(table) { return [] }
    return try log.rows("SELECT * FROM \(table)")
  }

  package static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  package static func value<Value: Decodable>(_ text: String) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Value.self, from: Data(text.utf8))
  }
}

extension Run {
  /// Ends the run.
  ///
  /// - Parameters:
  ///   - state: what became of it.
  ///   - duration: how long it took, in seconds.
  ///   - error: why, in words, when not as it should.
  public mutating func end(_ state: State, after duration: Double, error: String? = nil) {
    self.state = state
    self.duration = (duration * 1000).rounded() / 1000
    self.error = error
  }
}
