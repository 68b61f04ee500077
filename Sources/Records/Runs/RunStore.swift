import FoundationEssentials
import GRDB
import POSIX

/// Why runs cannot be told of.
public struct RunError: Error, Equatable, CustomStringConvertible {
  /// What is wrong, in words.
  public let description: String
}

/// The runs of a folder of models, in `runs.sqlite`.
public final class RunStore: Sendable {
  private let queue: DatabaseQueue

  /// Opens the store for writing, and makes it when it is not there.
  ///
  /// - Throws: `SystemError`, or what the database throws.
  public init(root: String) throws {
    try DurableFile.makeFolders(root)
    var configuration = Configuration()
    configuration.label = "runs"
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(5)
    PrivateDatabase.prepare("\(root)/runs.sqlite")
    queue = try DatabaseQueue(path: "\(root)/runs.sqlite", configuration: configuration)
    try queue.write {
      try $0.execute(sql: Run.createTable + Trial.createTable + RunRemark.createTables)
    }
  }

  /// Opens a store that is there, for reading.
  ///
  /// - Throws: `RunError` when there is none, or what the database throws.
  public init(reading root: String) throws {
    let path = "\(root)/runs.sqlite"
    guard FileStatus.exists(path) else {
      throw RunError(description: "no run was recorded in \(root)")
    }
    queue = try PrivateDatabase.reader(path)
  }

  /// Records a run that begins, and gives it its number.
  public func begin(_ run: inout Run) throws {
    let new = run
    run.number = try queue.write { database in
      try database.execute(sql: Run.insert, arguments: try new.arguments)
      let number = database.lastInsertedRowID
      if let user = new.user {
        try database.execute(
          sql: "INSERT OR REPLACE INTO run_user VALUES (?, ?)", arguments: [number, user])
      }
      return number
    }
  }

  /// Records what a run has come to.
  public func update(_ run: Run) throws {
    try queue.write { try $0.execute(sql: Run.insert, arguments: try run.arguments) }
  }

  /// Records a trial of a search.
  public func add(_ trial: Trial, to run: Run) throws {
    try queue.write { database in
      try database.execute(sql: Trial.insert, arguments: try trial.arguments(of: run.number))
    }
  }

  /// Keeps what a person calls a run and notes of it, in place of what was kept; nothing when both are empty.
  ///
  /// - Throws: `RunError` when there is no such run.
  public func keep(_ remark: RunRemark, of number: Int64) throws {
    try queue.write { database in
      guard
        try Bool.fetchOne(
          database, sql: "SELECT 1 FROM run WHERE number = ?", arguments: [number]) != nil
      else { throw RunError(description: "there is no run \(number)") }
      try database.execute(sql: "DELETE FROM remark WHERE run = ?", arguments: [number])
      guard !remark.name.isEmpty || !remark.note.isEmpty else { return }
      try database.execute(
        sql: "INSERT INTO remark VALUES (?, ?, ?, ?, ?)",
        arguments: [number, remark.name, remark.note, remark.user, remark.time])
    }
  }

  /// How many runs there are.
  public var count: Int {
    get throws {
      try queue.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM run") ?? 0 }
    }
  }

  /// The newest runs, the newest first.
  ///
  /// - Parameter from: how many to leave out before them.
  public func newest(_ limit: Int, from: Int = 0) throws -> [Run] {
    try queue.read { database in
      try Row.fetchAll(
        database, sql: "\(try Self.select(database)) ORDER BY run.number DESC LIMIT ? OFFSET ?",
        arguments: [limit, from]
      ).map(Run.init)
    }
  }

  private static func select(_ database: Database) throws -> String {
    RunRemark.select(try database.tableExists("remark") && database.tableExists("run_user"))
  }

  /// One run.
  ///
  /// - Throws: `RunError` when there is none of the number.
  public func run(_ number: Int64) throws -> Run {
    let run = try queue.read { database in
      try Row.fetchOne(
        database, sql: "\(try Self.select(database)) WHERE run.number = ?", arguments: [number]
      ).map(Run.init)
    }
    guard let run else { throw RunError(description: "there is no run \(number)") }
    return run
  }

  /// The trials of a search in their order.
  public func trials(of run: Run) throws -> [Trial] {
    try queue.read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM trial WHERE run = ? ORDER BY number", arguments: [run.number]
      ).map(Trial.init)
    }
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
