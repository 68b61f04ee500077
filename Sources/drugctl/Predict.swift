import ArgumentParser
import Dispatch
import FoundationEssentials
import Models
import POSIX
import Patients
import Synchronization

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answers a table of patients, without a service and without a row in any log.",
    discussion: """
      Behind the columns of the table stand those of POST /predict/batch; 'id' is empty, since nothing is kept. \
      One that was interrupted goes on where it stopped when it is asked again.
      """)

  @Option(help: ArgumentHelp("The CSV file of patients.", valueName: "file"))
  var data: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The CSV file of answers; it appears when it is whole.", valueName: "file"))
  var output: String

  @Option(help: ArgumentHelp("The version (default: the served one).", valueName: "version"))
  var model: String?

  @Option(
    name: [.customLong("threads"), .customLong("n-jobs")],
    help: ArgumentHelp("The number of threads (default: all cores).", valueName: "number"))
  var threads: Int?

  @Flag(help: "Replace a file of answers that is there.")
  var force = false

  @OptionGroup var models: ModelsOption

  func validate() throws {
    guard 1...1024 ~= threads ?? 1 else {
      throw ValidationError("--threads is a number of threads from 1 to 1024.")
    }
  }

  func run() throws {
    let model = try models.registry.load(models.version(model))
    guard force || !FileStatus.exists(output) else {
      throw ValidationError("\(output) is there; --force replaces it.")
    }
    var answers = try AnswerFile(
      data, output, of: model, threadCount: ForestOptions.threadCount(threads))
    if answers.goesOnAfter > 0 { print("Going on after \(answers.goesOnAfter.grouped) rows.") }
    let start = ContinuousClock.now
    let refusal = try answers.write()
    let took = ContinuousClock.now - start
    let counts = answers.counts
    print(
      """
      \(counts.rows.grouped) rows by model \(model.card.modelVersion) in \(Console.words(took)): \
      \(counts.review.grouped) need review, \(counts.wrong.grouped) are wrong and not answered.
      Answers written to \(output).
      """)
    if let refusal { throw refusal }
  }
}

/// A file of answers on its way: what is written so far, and how far that is, so that it can go on.
struct AnswerFile {
  /// What has been seen of the rows.
  struct Counts: Codable {
    var rows = 0
    var review = 0
    var wrong = 0
  }

  /// How far the answers are that are safe on the disk, and what of.
  private struct Checkpoint: Codable {
    let version: String
    let size: Int
    let modified: String
    let counts: Counts
    let bytes: Int
  }

  /// So many rows are answered at once, on all threads.
  private static let rowsPerBatch = 1 << 14
  /// After so many rows the disk is asked to keep them.
  private static let rowsPerCheckpoint = 1 << 17

  private(set) var counts = Counts()
  /// How many rows were answered before.
  let goesOnAfter: Int
  private let model: DrugModel
  private let threadCount: Int
  private let data: FileDescriptor
  private let status: FileStatus
  private let output: String
  private let part: FileDescriptor
  private let lock: FileLock
  private var byteCount = 0
  private var columnCount = 0
  private var batch: [PatientReader.Row] = []
  private var seen = 0

  private var partPath: String { "\(output).part" }
  private var checkpointPath: String { "\(output).part.json" }

  /// Opens both files.
  ///
  /// - Throws: `SystemError` when one cannot be.
  init(_ data: String, _ output: String, of model: DrugModel, threadCount: Int) throws {
    self.model = model
    self.threadCount = threadCount
    self.output = output
    (self.data, status) = try FileDescriptor.regular(data)
    // Answers in the place of the table would be the end of it.
    guard FileStatus(of: output)?.inode != status.inode else {
      throw ValidationError("\(output) is the table itself.")
    }
    lock = try FileLock("\(output).part", mode: 0o600)
    part = lock.file
    guard try lock.takeIfFree(), FileStatus(of: part.name)?.inode == (try part.status().inode)
    else {
      throw ValidationError("another 'drugctl predict' writes \(output) now.")
    }
    let written = try part.status().size
    var before: Checkpoint?
    if let text = try? Data(contentsOf: URL(filePath: "\(output).part.json")) {
      before = try? JSONDecoder().decode(Checkpoint.self, from: text)
    }
    // Of another table, or by another model: from the beginning.
    if let known = before,
      known.version != model.card.modelVersion || known.size != status.size
        || known.modified != Self.time(status) || known.bytes > written
    {
      before = nil
    }
    goesOnAfter = before?.counts.rows ?? 0
    counts = before?.counts ?? Counts()
    byteCount = before?.bytes ?? 0
    try part.cut(to: byteCount)
  }

  /// Answers all rows, and gives the file its name.
  ///
  /// - Returns: why the table could not be read to its end, which its last row says too.
  /// - Throws: `TableError` when it has no usable header, `SystemError` when a file cannot be read or written.
  mutating func write() throws -> TableError? {
    var reader = PatientReader(of: model.schema)
    var refusal: TableError?
    do {
      var buffer = [UInt8](repeating: 0, count: 1 << 20)
      while true {
        let count = try data.read(into: &buffer)
        guard count > 0 else { break }
        try reader.read(buffer.span.extracting(first: count)) { try take($0, $1) }
      }
      try reader.finish { try take($0, $1) }
    } catch let error as TableError where !reader.header.isEmpty {
      refusal = error
    }
    try begin(reader.header)
    try answer()
    if let refusal {
      var line: [UInt8] = []
      TableAnswer.append([], columnCount, TableAnswer.fields(unreadable: refusal), to: &line)
      try put(line)
    }
    try part.sync()
    try DurableFile.rename(partPath, to: output)
    unlink(checkpointPath)
    return refusal
  }

  private static func time(_ status: FileStatus) -> String {
    "\(status.modified.seconds) s \(status.modified.nanoseconds) ns"
  }

  private mutating func begin(_ header: [String]) throws {
    guard columnCount == 0 else { return }
    columnCount = header.count
    guard byteCount == 0 else { return }
    var line: [UInt8] = []
    TableAnswer.append(header, columnCount, TableAnswer.columns(behind: header), to: &line)
    try put(line)
  }

  private mutating func take(_ row: PatientReader.Row, _ header: [String]) throws {
    try begin(header)
    seen += 1
    guard seen > goesOnAfter else { return }
    batch.append(row)
    if batch.count == Self.rowsPerBatch { try answer() }
  }

  /// Answers the rows that have come.
  private mutating func answer() throws {
    let (rows, model, columnCount) = (batch, model, columnCount)
    let partCount = min(threadCount, max(1, rows.count / 256))
    let parts = Mutex(
      [Result<(bytes: [UInt8], counts: Counts), any Error>?](repeating: nil, count: partCount))
    DispatchQueue.concurrentPerform(iterations: partCount) { number in
      let own = rows.count * number / partCount..<rows.count * (number + 1) / partCount
      let answered = Result { try Self.lines(rows[own], model, columnCount) }
      parts.withLock { $0[number] = answered }
    }
    for part in parts.withLock({ $0 }) {
      let (bytes, found) = try part!.get()
      try put(bytes)
      counts.review += found.review
      counts.wrong += found.wrong
    }
    let before = counts.rows
    counts.rows += rows.count
    batch.removeAll(keepingCapacity: true)
    if counts.rows / Self.rowsPerCheckpoint > before / Self.rowsPerCheckpoint { try keep() }
  }

  private static func lines(
    _ rows: ArraySlice<PatientReader.Row>, _ model: DrugModel, _ columnCount: Int
  ) throws -> (bytes: [UInt8], counts: Counts) {
    var bytes: [UInt8] = []
    var counts = Counts()
    for row in rows {
      guard let patient = row.patient else {
        counts.wrong += 1
        TableAnswer.append(row.fields, columnCount, TableAnswer.fields(wrong: row), to: &bytes)
        continue
      }
      let recommendation = try model.recommend(for: patient)
      counts.review += recommendation.needsReview ? 1 : 0
      TableAnswer.append(
        row.fields, columnCount, TableAnswer.fields(recommendation, id: ""), to: &bytes)
    }
    return (bytes, counts)
  }

  private mutating func put(_ bytes: [UInt8]) throws {
    try part.write(bytes)
    byteCount += bytes.count
  }

  /// Makes safe what is there, and notes how far that is.
  private func keep() throws {
    try part.sync()
    let checkpoint = Checkpoint(
      version: model.card.modelVersion, size: status.size, modified: Self.time(status),
      counts: counts, bytes: byteCount)
    try DurableFile.write(
      Array(JSONEncoder().encode(checkpoint)), to: checkpointPath, mode: 0o600)
  }
}
