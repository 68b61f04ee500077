import GRDB
import POSIX
import Patients

/// Commits predictions to PostgreSQL, a batch with one statement.
///
/// Hosts take turns: a number is taken while a lock is held that ends with the commit, so that who reads
/// on from a number misses none that was committed later under a lower one.
final class PostgresWriter: LogWriter {
  /// What waits for an answer waits no longer than this for a commit.
  private static let patience = Duration.seconds(3)
  /// So often a batch is sent whose connection is cut, unless it took longer than a moment.
  private static let attempts = 4
  private static let brief = Duration.milliseconds(500)
  private static let day: Int64 = 86_400_000_000

  private let database: PostgresDatabase
  private var connection: PostgresConnection?
  /// The numbers of descriptions by their digests.
  private var descriptions: [String: Int64] = [:]

  init(_ database: PostgresDatabase) { self.database = database }

  /// The process waits for another machine, while it may take more requests.
  var waits: Bool { true }

  func commit(_ entries: [LogEntry]) -> PredictionLogError? {
    var failure: PredictionLogError?
    let start = ContinuousClock.now
    for _ in 0..<Self.attempts {
      do throws(PredictionLogError) {
        try insert(entries)
        return nil
      } catch {
        connection = nil
        database.forgetTables()
        failure = error
        // A connection that was cut may have been of a server that has started again since. What was
        // committed before the cut is known by its identifiers.
        guard error.code == .unreachable, .now - start < Self.brief else { break }
      }
    }
    return failure
  }

  private func insert(_ entries: [LogEntry]) throws(PredictionLogError) {
    let connection = try connected()
    guard !entries.isEmpty else {
      // A server that only reads, as one that is becoming the first, keeps nothing.
      _ = try connection.run(.init(statement: Self.probe), limit: Self.patience)
      return
    }
    let arguments = try columns(entries.map(\.record))
    let times = entries.map(\.record.time)
    let start = Month(of: times.min()!).start
    let asksFirst =
      entries.contains(where: \.isIndexed) || times.min()! - start < Self.day
      || Month(of: times.max()!).start != start
    do {
      try insert(arguments, asksFirst: asksFirst, connection)
    } catch  where error.state == Self.noTable {
      try database.write { try PostgresSchema.makeMonths(Set(times.map(Month.init)), $0) }
      try insert(arguments, asksFirst: asksFirst, connection)
    }
  }

  /// - Parameter asksFirst: whether each identifier is looked for in all months first: behind the end of one a
  ///   request may be of the one before, and rows of a table that comes again are not to use up numbers.
  private func insert(
    _ arguments: [PostgresArgument], asksFirst: Bool, _ connection: PostgresConnection
  ) throws(PredictionLogError) {
    guard asksFirst else {
      try connection.prepare("insert", Self.insert)
      _ = try connection.run(
        .init(statement: "insert", isPrepared: true, arguments: arguments), limit: Self.patience)
      return
    }
    // As of a moment when nobody else commits.
    try connection.prepare("turn", "SELECT pg_advisory_xact_lock(\(PostgresSchema.commitLock))")
    try connection.prepare("insert new", Self.insertNew)
    try connection.commit(
      [
        .init(statement: "turn", isPrepared: true),
        .init(statement: "insert new", isPrepared: true, arguments: arguments),
      ], limit: Self.patience)
  }

  private func connected() throws(PredictionLogError) -> PostgresConnection {
    if let connection, connection.isAlive { return connection }
    try database.write(makesTables: true) { _ in }
    let opened = try database.connect()
    connection = opened
    // It may be of another server, which has numbered them otherwise.
    descriptions = [:]
    return opened
  }

  private func columns(
    _ records: [PredictionRecord]
  ) throws(PredictionLogError) -> [PostgresArgument] {
    var numbers: [Int64] = []
    numbers.reserveCapacity(records.count)
    for record in records { numbers.append(try number(of: record.patient.schema)) }
    return [
      .texts(records.map(\.id)), .integers(records.map(\.time)), .integers(numbers),
      .texts(records.map(\.patient.json)), .texts(records.map(\.drug)),
      .reals(records.map(\.probability)), .texts(records.map(\.predictionSet.json)),
      .texts(records.map(\.modelVersion)), .texts(records.map(\.requestedBy)),
      .integers(records.map { $0.needsReview ? 1 : 0 }), .texts(records.map(\.trace)),
    ]
  }

  /// The number of a description, which is kept when it is new.
  private func number(of schema: PatientSchema) throws(PredictionLogError) -> Int64 {
    if let known = descriptions[schema.digest] { return known }
    let number: Int64 = try database.write { session in
      try session.change(
        "INSERT INTO description (digest, text) VALUES (?1, ?2) ON CONFLICT (digest) DO NOTHING",
        schema.digest, schema.text)
      return try session.rows(
        "SELECT number FROM description WHERE digest = ?1", schema.digest)[0]["number"]
    }
    descriptions[schema.digest] = number
    return number
  }

  /// `check_violation`, as PostgreSQL says it of a row for which there is no partition.
  private static let noTable = "23514"

  private static let probe = "UPDATE log_version SET version = version"

  private static let columnNames = """
    id, time, description, inputs, drug, probability, prediction_set, model_version, requested_by, \
    needs_review, trace
    """

  private static let rows = """
    unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::double precision[],
      $7::text[], $8::text[], $9::text[], $10::bigint[],
      $11::text[]) WITH ORDINALITY AS new (\(columnNames), place)
    """

  /// The lock is taken before the first number, since all rows are sorted first.
  private static let insert = """
    WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(\(PostgresSchema.commitLock)))
    INSERT INTO prediction (\(columnNames))
    SELECT \(columnNames) FROM turn, \(rows) ORDER BY place
    ON CONFLICT DO NOTHING
    """

  private static let insertNew = """
    INSERT INTO prediction (\(columnNames))
    SELECT \(columnNames) FROM \(rows)
    WHERE NOT EXISTS (SELECT 1 FROM prediction AS kept WHERE kept.id = new.id)
    ORDER BY place
    ON CONFLICT DO NOTHING
    """
}
