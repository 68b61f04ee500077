import CPostgreSQL
import FoundationEssentials
import GRDB
import POSIX

/// A connection to PostgreSQL, with which one thread at a time works.
///
/// Nothing is waited for without a limit: a server that has stopped, or a network that swallows what is
/// sent, costs as long as that.
final class PostgresConnection {
  // The types of arguments, as PostgreSQL numbers them (pg_type.dat).
  static let integer: Oid = 20
  static let text: Oid = 25
  static let real: Oid = 701

  /// The state of an error when the server has not answered in time.
  static let timeout = "timeout"

  /// A statement with its arguments.
  struct Command {
    /// SQL text, or the name of a prepared statement.
    let statement: String
    var isPrepared = false
    var arguments: [PostgresArgument] = []
  }

  private let pq: libpq
  private let connection: OpaquePointer
  /// The statements that were prepared, by their names.
  private var prepared: Set<String> = []

  /// Connects.
  ///
  /// - Parameters:
  ///   - place: what libpq takes, as `postgresql://name@host/database?sslmode=verify-full`; what it leaves
  ///     open, libpq's environment says (`PGPASSFILE`, `PGSSLROOTCERT`).
  ///   - survivesLossOfPower: whether a commit also waits for the copies that the server asks for
  ///     (`synchronous_standby_names`); its own disk it waits for in any case.
  /// - Throws: `PredictionLogError`.
  init(_ place: String, survivesLossOfPower: Bool = true) throws(PredictionLogError) {
    pq = try PostgresLibrary.functions
    // What stands in the place itself comes later, and counts.
    let settings = [
      ("connect_timeout", "2"), ("tcp_user_timeout", "5000"), ("keepalives_idle", "10"),
      ("application_name", "drug-classifier"), ("client_encoding", "UTF8"), ("dbname", place),
    ]
    let names = settings.map { strdup($0.0) }
    let values = settings.map { strdup($0.1) }
    defer { (names + values).forEach { free($0) } }
    var nameList: [UnsafePointer<CChar>?] = names.map { UnsafePointer($0) } + [nil]
    var valueList: [UnsafePointer<CChar>?] = values.map { UnsafePointer($0) } + [nil]
    guard let connection = pq.PQconnectdbParams(&nameList, &valueList, 1) else {
      throw PredictionLogError(.other, "no memory is left to connect")
    }
    self.connection = connection
    guard pq.PQstatus(connection) == CONNECTION_OK else { throw lost }
    pq.PQsetnonblocking(connection, 1)
    // Its notices, as of tables that are there already, are for nobody.
    pq.PQsetNoticeProcessor(connection, { _, _ in }, nil)
    try run(
      """
      SET synchronous_commit = \(survivesLossOfPower ? "on" : "local");
      SET lock_timeout = '5s'; SET statement_timeout = '30s';
      SET idle_in_transaction_session_timeout = '60s'
      """)
  }

  deinit { pq.PQfinish(connection) }

  /// Whether it can be used, as far as has been heard of the server; nothing is waited for.
  var isAlive: Bool {
    pq.PQconsumeInput(connection) == 1 && pq.PQstatus(connection) == CONNECTION_OK
      && pq.PQtransactionStatus(connection) == PQTRANS_IDLE
  }

  /// Runs statements without arguments.
  func run(_ sql: String, limit: Duration = .seconds(10)) throws(PredictionLogError) {
    let deadline = ContinuousClock.now + limit
    guard pq.PQsendQuery(connection, sql) == 1 else { throw lost }
    try takeResults(until: deadline)
  }

  /// Runs one statement.
  ///
  /// - Returns: its rows, and how many rows it has changed.
  func run(
    _ command: Command, limit: Duration = .seconds(10)
  ) throws(PredictionLogError) -> (rows: [Row], changes: Int) {
    let deadline = ContinuousClock.now + limit
    try send(command)
    var answer: (rows: [Row], changes: Int) = ([], 0)
    try takeResults(until: deadline) { result in
      answer = (rows(result), Int(String(cString: pq.PQcmdTuples(result)!)) ?? 0)
    }
    return answer
  }

  /// Sends statements together and waits once: all of them are committed, or none.
  func commit(_ commands: [Command], limit: Duration) throws(PredictionLogError) {
    let deadline = ContinuousClock.now + limit
    guard pq.PQenterPipelineMode(connection) == 1 else { throw lost }
    defer { pq.PQexitPipelineMode(connection) }
    for command in commands { try send(command) }
    guard pq.PQpipelineSync(connection) == 1 else { throw lost }
    try flush(until: deadline)
    var failure: PredictionLogError?
    // Each statement's results end with a null; the end of all is a result of its own.
    while true {
      guard let result = try nextResult(until: deadline) else { continue }
      defer { pq.PQclear(result) }
      if pq.PQresultStatus(result) == PGRES_PIPELINE_SYNC { break }
      failure = failure ?? self.failure(result)
    }
    if let failure { throw failure }
  }

  /// Prepares a statement, unless it is already.
  func prepare(
    _ name: String, _ sql: String, limit: Duration = .seconds(10)
  ) throws(PredictionLogError) {
    guard !prepared.contains(name) else { return }
    let deadline = ContinuousClock.now + limit
    guard pq.PQsendPrepare(connection, name, sql, 0, nil) == 1 else { throw lost }
    try takeResults(until: deadline)
    prepared.insert(name)
  }

  // MARK: libpq

  private func send(_ command: Command) throws(PredictionLogError) {
    let arguments = command.arguments
    let count = Int32(arguments.count)
    let types = arguments.map(\.type)
    let lengths = arguments.map { Int32($0.bytes?.count ?? 0) }
    let formats = arguments.map { $0.isBinary ? Int32(1) : 0 }
    // One piece of memory for all of them; a text ends with a zero, which its length leaves out.
    var memory: [UInt8] = []
    let places = arguments.map { argument -> Int? in
      guard let bytes = argument.bytes else { return nil }
      defer {
        memory += bytes
        memory.append(0)
      }
      return memory.count
    }
    let isSent = memory.withUnsafeBytes { memory in
      let values = places.map { place in
        place.map { memory.baseAddress!.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
      }
      return command.isPrepared
        ? pq.PQsendQueryPrepared(
          connection, command.statement, count, values, lengths, formats, 0)
        : pq.PQsendQueryParams(
          connection, command.statement, count, types, values, lengths, formats, 0)
    }
    guard isSent == 1 else { throw lost }
  }

  /// Sends what is left to be sent, and takes all results of one statement, or of those of one text.
  private func takeResults(
    until deadline: ContinuousClock.Instant, _ body: (OpaquePointer) -> Void = { _ in }
  ) throws(PredictionLogError) {
    try flush(until: deadline)
    var failure: PredictionLogError?
    while let result = try nextResult(until: deadline) {
      defer { pq.PQclear(result) }
      failure = failure ?? self.failure(result)
      body(result)
    }
    if let failure { throw failure }
  }

  private func flush(until deadline: ContinuousClock.Instant) throws(PredictionLogError) {
    while true {
      switch pq.PQflush(connection) {
      case 0: return
      case 1:
        try wait(for: Int16(POLLIN | POLLOUT), until: deadline)
        // What comes meanwhile is taken, or both sides would wait for each other.
        guard pq.PQconsumeInput(connection) == 1 else { throw lost }
      default: throw lost
      }
    }
  }

  /// The next result, nil behind the last of a statement.
  private func nextResult(
    until deadline: ContinuousClock.Instant
  ) throws(PredictionLogError) -> OpaquePointer? {
    while pq.PQisBusy(connection) == 1 {
      try wait(for: Int16(POLLIN), until: deadline)
      guard pq.PQconsumeInput(connection) == 1 else { throw lost }
    }
    guard pq.PQstatus(connection) == CONNECTION_OK else { throw lost }
    return pq.PQgetResult(connection)
  }

  private func wait(
    for events: Int16, until deadline: ContinuousClock.Instant
  ) throws(PredictionLogError) {
    var descriptor = pollfd(fd: pq.PQsocket(connection), events: events, revents: 0)
    guard descriptor.fd >= 0 else { throw lost }
    while true {
      let rest = (deadline - .now) / .milliseconds(1)
      guard rest > 0 else {
        var error = PredictionLogError(.unreachable, "the database does not answer")
        error.state = Self.timeout
        throw error
      }
      let count = poll(&descriptor, 1, Int32(rest.rounded(.up)))
      if count > 0 { return }
      guard count == 0 || errno == EINTR else { throw lost }
    }
  }

  /// What has become of the connection, in libpq's words.
  private var lost: PredictionLogError {
    let words = String(cString: pq.PQerrorMessage(connection)!).split(whereSeparator: \.isNewline)
    return PredictionLogError(
      .unreachable, words.joined(separator: " ").trimmed ?? "the connection was lost")
  }

  private func failure(_ result: OpaquePointer) -> PredictionLogError? {
    switch pq.PQresultStatus(result) {
    case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_NONFATAL_ERROR:
      func field(_ letter: Character) -> String {
        pq.PQresultErrorField(result, Int32(letter.asciiValue!)).map { String(cString: $0) } ?? ""
      }
      return PredictionLogError(state: field("C"), field("M"))
    default: return nil
    }
  }

  private func rows(_ result: OpaquePointer) -> [Row] {
    let columns = (0..<pq.PQnfields(result)).map { column in
      (String(cString: pq.PQfname(result, column)!), pq.PQftype(result, column))
    }
    return (0..<pq.PQntuples(result)).map { row in
      var values: [String: (any DatabaseValueConvertible)?] = [:]
      for (column, (name, type)) in columns.enumerated() {
        let column = Int32(column)
        guard pq.PQgetisnull(result, row, column) == 0 else {
          values[name] = .some(nil)
          continue
        }
        let text = String(cString: pq.PQgetvalue(result, row, column)!)
        values[name] =
          switch type {
          // Integers of 8, 2 and 4 bytes.
          case Self.integer, 21, 23: Int64(text)
          case Self.real: Double(text)
          default: text
          }
      }
      return Row(values)
    }
  }
}

extension StringProtocol {
  /// Itself; nil when it is empty.
  fileprivate var trimmed: String? { isEmpty ? nil : String(self) }
}

/// An argument as libpq takes it.
struct PostgresArgument {
  let type: Oid
  /// Nil for null.
  let bytes: [UInt8]?
  var isBinary = false

  /// A value; what is null takes the type that it needs.
  init(_ value: (any DatabaseValueConvertible)?) {
    switch value?.databaseValue.storage {
    case .int64(let number):
      (type, bytes) = (PostgresConnection.integer, Array("\(number)".utf8))
    case .double(let number):
      (type, bytes) = (PostgresConnection.real, Array("\(number)".utf8))
    case .string(let text): (type, bytes) = (PostgresConnection.text, Array(text.utf8))
    case .blob, .null, nil: (type, bytes) = (0, nil)
    }
  }

  /// A list of values of one type, in PostgreSQL's binary form (array_recv): the number of dimensions,
  /// whether any is null, their type, the count and the first index; then each with its length.
  init<Element>(
    _ values: [Element], of element: Oid, _ append: (Element, inout [UInt8]) -> Bool
  ) {
    var bytes: [UInt8] = []
    Self.append(Int32(1), to: &bytes)
    Self.append(Int32(1), to: &bytes)
    Self.append(element, to: &bytes)
    Self.append(Int32(values.count), to: &bytes)
    Self.append(Int32(1), to: &bytes)
    for value in values {
      let place = bytes.count
      Self.append(Int32(-1), to: &bytes)
      guard append(value, &bytes) else { continue }
      let length = Int32(bytes.count - place - 4).bigEndian
      withUnsafeBytes(of: length) { bytes.replaceSubrange(place..<place + 4, with: $0) }
    }
    type = 0
    self.bytes = bytes
    isBinary = true
  }

  static func texts(_ values: [String?]) -> Self {
    Self(values, of: PostgresConnection.text) { value, bytes in
      guard let value else { return false }
      // Its texts hold no zero, and one row's must not refuse those of others.
      bytes += value.utf8.contains(0) ? value.replacing("\0", with: "\u{fffd}").utf8 : value.utf8
      return true
    }
  }

  static func integers(_ values: [Int64]) -> Self {
    Self(values, of: PostgresConnection.integer) { value, bytes in
      append(value, to: &bytes)
      return true
    }
  }

  static func reals(_ values: [Double]) -> Self {
    Self(values, of: PostgresConnection.real) { value, bytes in
      append(value.bitPattern, to: &bytes)
      return true
    }
  }

  private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
  }
}

extension PredictionLogError {
  /// What an error of the server means for the log (PostgreSQL, Appendix A: error codes).
  init(state: String, _ words: String) {
    let code: Code =
      switch state {
      // Insufficient resources: the disk is full. Of the other ones, as too many connections, more may come.
      case "53100": .full
      // The server is shut down or starts, or takes no more connections; nobody was let in.
      case _
      where state.hasPrefix("57P") || state.hasPrefix("08") || state.hasPrefix("53")
        || state.hasPrefix("28"):
        .unreachable
      // Reading alone is allowed, or not even that.
      case "25006", "42501": .notWritable
      default: .other
      }
    self.init(code, words)
    self.state = state
  }
}
