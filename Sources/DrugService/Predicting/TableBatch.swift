import FastCGI
import Models
import POSIX
import Patients
import Records

/// A table of patients on its way to a table of answers.
struct TableBatch {
  /// So many predictions share a commit.
  private static let recordsPerCommit = 1000
  /// After so many rows it is seen whether anybody still wants them.
  private static let rowsPerLook = 1000
  /// How many times as long as the table an answer may be: three times what a row of the fewest bytes
  /// needs, with a drug, its probability and all warnings.
  private static let maximumGrowth = 32
  /// How much longer it may be, whatever the table.
  private static let maximumExcess = 1 << 20
  /// After so many bytes of the answer it is looked whether there is room for more.
  private static let bytesPerLook = 1 << 20

  let output: SpoolFile
  private let predictor: Predictor
  private let served: ServedModel
  private let trace: RequestTrace
  private let time = Moment.now.microseconds
  /// The bytes of the table that have come.
  private var receivedCount = 0
  private var rowCount = 0
  private var columnCount = 0
  private var records: [PredictionRecord] = []
  /// The most bytes of the answer, but for its last two rows.
  private let limit: Int
  private let hasRoom: (_ byteCount: Int) -> Bool
  private var nextLook = 0

  /// - Parameters:
  ///   - limit: the most bytes of the answer, but for its last two rows.
  ///   - hasRoom: whether the disk of the answer has room for so many bytes more.
  init(
    _ predictor: Predictor, _ served: ServedModel, _ trace: RequestTrace,
    _ output: SpoolFile, limit: Int, hasRoom: @escaping (_ byteCount: Int) -> Bool
  ) {
    self.predictor = predictor
    self.served = served
    self.trace = trace
    self.output = output
    self.limit = limit
    self.hasRoom = hasRoom
  }

  /// Answers every row of a body.
  ///
  /// - Parameter isAbandoned: whether nobody wants the answer any more; then there is none.
  /// - Throws: `TableError` when the body has no usable header, `ServiceError` when predictions
  ///   cannot be made or kept, `SystemError` when the answer cannot be spooled.
  mutating func read(_ stream: BodyStream, isAbandoned: () -> Bool) throws {
    var reader = PatientReader(of: served.model.schema)
    do {
      try stream.forEachPiece { piece in
        receivedCount += piece.count
        try reader.read(piece.assumingMemoryBound(to: UInt8.self).span) {
          if rowCount % Self.rowsPerLook == 0, isAbandoned() { throw ServiceError.abandoned }
          try answer($0, header: $1)
        }
      }
      guard !stream.isBroken else { throw ServiceError.brokenBody }
      try reader.finish { try answer($0, header: $1) }
    } catch let error as TableError where !reader.header.isEmpty {
      // What came before is answered; the row that cannot be read says why there is no more.
      if columnCount == 0 { try writeHeader(reader.header) }
      try write([], columnCount, TableAnswer.fields(unreadable: error))
    }
    if columnCount == 0 { try writeHeader(reader.header) }
    try commit()
  }

  private mutating func writeHeader(_ names: [String]) throws {
    columnCount = names.count
    try write(names, columnCount, TableAnswer.columns(behind: names))
  }

  private mutating func answer(_ row: PatientReader.Row, header: [String]) throws {
    if columnCount == 0 { try writeHeader(header) }
    guard output.count <= Self.maximumGrowth * receivedCount + Self.maximumExcess else {
      throw TableError(
        message: "line \(row.line): the answer is more than \(Self.maximumGrowth) times as long as "
          + "the table up to here")
    }
    guard output.count <= limit else {
      throw TableError(
        message: "line \(row.line): the answer has \(limit.grouped) bytes, and may have no more")
    }
    defer { rowCount += 1 }
    guard let patient = row.patient else {
      predictor.metrics.rejected(row.problems)
      try write(row.fields, columnCount, TableAnswer.fields(wrong: row))
      return
    }
    let recommendation = try predictor.recommend(served, for: patient)
    let rowID = "\(trace.id)-\(rowCount)"
    records.append(
      PredictionRecord(
        id: rowID, time: time, patient: patient, recommendation, served.version))
    try write(row.fields, columnCount, TableAnswer.fields(recommendation, id: rowID))
    if records.count == Self.recordsPerCommit { try commit() }
  }

  private mutating func commit() throws {
    guard !records.isEmpty else { return }
    try predictor.keep(records, from: served, of: trace)
    records.removeAll(keepingCapacity: true)
  }

  /// Writes a row: as many of the request's fields as its header has, then the answer's.
  private mutating func write(_ fields: [String], _ count: Int, _ answer: [String]) throws {
    var line: [UInt8] = []
    TableAnswer.append(fields, count, answer, to: &line)
    if output.count >= nextLook {
      // The web server stores the whole of it once more.
      guard hasRoom(output.count) else { throw ServiceError.cannotSpool }
      nextLook = output.count + Self.bytesPerLook
    }
    try output.write(line)
  }
}
