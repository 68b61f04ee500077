import GRDB
import POSIX

/// A PostgreSQL database, and the connections to it that are idle.
final class PostgresDatabase: @unchecked Sendable {
  // `@unchecked Sendable` because `lock` protects what changes.

  /// So many connections are kept between two questions; each is a process of the server.
  private static let idleCount = 2
  /// A server that took so long to fail is left alone for as long as the other: whoever asks is told at once.
  private static let slowness = Duration.milliseconds(500)
  private static let rest = Duration.seconds(3)
  private static let known = Lock()
  // Protected by `known`.
  nonisolated(unsafe) private static var databases: [String: PostgresDatabase] = [:]

  /// What libpq takes.
  let place: String
  private let lock = Lock()
  private var idle: [PostgresConnection] = []
  private var hasTables = false
  private var survivesLossOfPower = false
  private var failed: (error: PredictionLogError, until: ContinuousClock.Instant)?

  private init(_ place: String) { self.place = place }

  /// The database of a place, the same each time.
  static func named(_ place: String) -> PostgresDatabase {
    known.whileHeld {
      if let found = databases[place] { return found }
      let database = PostgresDatabase(place)
      databases[place] = database
      return database
    }
  }

  /// Lets commits from now on wait for the copies that the server asks for, too.
  func surviveLossOfPower() { lock.whileHeld { survivesLossOfPower = true } }

  /// A connection of its own.
  func connect() throws(PredictionLogError) -> PostgresConnection {
    try PostgresConnection(place, survivesLossOfPower: lock.whileHeld { survivesLossOfPower })
  }

  /// Reads as of one moment.
  ///
  /// - Parameter limit: how long a statement may take.
  func read<Result>(
    limit: Duration = .seconds(30), _ body: (any LogSession) throws -> Result
  ) throws(PredictionLogError) -> Result {
    try inTransaction("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", limit) { session in
      if !knowsTables { try PostgresSchema.require(session) }
      return try body(session)
    }
  }

  /// Changes all that a body changes, or nothing.
  ///
  /// - Parameters:
  ///   - makesTables: whether tables that are missing are made, or those of an earlier version brought up to
  ///     date, first.
  ///   - limit: how long a statement may take.
  func write<Result>(
    makesTables: Bool = false, limit: Duration = .seconds(30),
    _ body: (PostgresSession) throws -> Result
  ) throws(PredictionLogError) -> Result {
    try inTransaction("BEGIN", limit) { session in
      if !knowsTables {
        if makesTables {
          try PostgresSchema.prepare(session)
        } else {
          try PostgresSchema.require(session)
        }
      }
      return try body(session)
    }
  }

  /// Looks for the tables again before the next transaction: another server may have none.
  func forgetTables() { lock.whileHeld { hasTables = false } }

  private var knowsTables: Bool { lock.whileHeld { hasTables } }

  private func inTransaction<Result>(
    _ begin: String, _ limit: Duration, _ body: (PostgresSession) throws -> Result
  ) throws(PredictionLogError) -> Result {
    if let failed = lock.whileHeld({ failed }), ContinuousClock.now < failed.until {
      throw failed.error
    }
    let connection: PostgresConnection
    let start = ContinuousClock.now
    do throws(PredictionLogError) {
      connection = try take(begin)
    } catch {
      if error.code == .unreachable, .now - start > Self.slowness {
        lock.whileHeld { failed = (error, .now + Self.rest) }
      }
      throw error
    }
    lock.whileHeld { failed = nil }
    do {
      let result = try body(PostgresSession(connection, limit: limit))
      try connection.run("COMMIT")
      lock.whileHeld { hasTables = true }
      give(connection)
      return result
    } catch {
      // A connection in which something failed ends, and its transaction with it. Another server, or a
      // database that was made anew, may have no tables.
      forgetTables()
      throw PredictionLogError(error)
    }
  }

  /// A connection in which a transaction has begun.
  private func take(_ begin: String) throws(PredictionLogError) -> PostgresConnection {
    // One that was cut meanwhile may only be known for it when something is asked.
    while let connection = lock.whileHeld({ idle.popLast() }) {
      guard connection.isAlive else { continue }
      do throws(PredictionLogError) {
        try connection.run(begin, limit: .seconds(2))
        return connection
      } catch  where error.state != PostgresConnection.timeout {
        // The next one, or a new one, may be of a server that has started again.
      }
    }
    let connection = try connect()
    try connection.run(begin, limit: .seconds(2))
    return connection
  }

  private func give(_ connection: PostgresConnection) {
    guard connection.isAlive else { return }
    lock.whileHeld { if idle.count < Self.idleCount { idle.append(connection) } }
  }
}

/// One transaction.
struct PostgresSession: LogSession {
  static let numberOfIdentifier = "(SELECT number FROM prediction WHERE id = ?1 LIMIT 1)"

  /// Keeps a row from being deleted until the transaction has ended.
  static let keepsRow = "FOR KEY SHARE"

  private let connection: PostgresConnection
  private let limit: Duration

  init(_ connection: PostgresConnection, limit: Duration = .seconds(30)) {
    self.connection = connection
    self.limit = limit
  }

  func rows(_ sql: String, list: [(any DatabaseValueConvertible)?]) throws -> [Row] {
    try run(sql, list).rows
  }

  @discardableResult
  func change(_ sql: String, list: [(any DatabaseValueConvertible)?]) throws -> Int {
    try run(sql, list).changes
  }

  /// Runs statements without arguments.
  func run(_ sql: String) throws(PredictionLogError) { try connection.run(sql, limit: limit) }

  private func run(
    _ sql: String, _ arguments: [(any DatabaseValueConvertible)?]
  ) throws(PredictionLogError) -> (rows: [Row], changes: Int) {
    // The one difference in how both write a statement.
    try connection.run(
      PostgresConnection.Command(
        statement: sql.replacing("?", with: "$"), arguments: arguments.map(PostgresArgument.init)),
      limit: limit)
  }
}
