import Glibc
public import RandomForest

/// The labelled patients of a CSV file.
public struct PatientTable: Sendable {
  /// The rows, their features in the order of the models' inputs.
  public private(set) var dataset: Dataset
  /// The SHA-256 digest of the file's bytes, 64 hexadecimal digits; with outcomes, that of this
  /// digest and the outcomes.
  public private(set) var digest: String
  /// How many of the last rows are outcomes of the prediction log.
  public private(set) var outcomeCount = 0
  /// Whether outcomes were asked for, if only none were there.
  public private(set) var includesOutcomes = false
  /// Rows that were left out, empty unless that was allowed.
  public let invalidRows: [RowProblem]
  /// How many rows were left out.
  public let invalidRowCount: Int
  /// Columns of the file that mean nothing here.
  public let ignoredColumns: [String]

  /// Reads a CSV file with the columns Age, Sex, BP, Cholesterol, Na_to_K, Drug and optionally
  /// count (how many patients a row stands for), in any order.
  ///
  /// - Parameter skipInvalid: whether rows that are wrong are left out instead of refusing the file.
  /// - Throws: `TableError` with all that is wrong with the file.
  public init(path: String, skipInvalid: Bool = false) throws(TableError) {
    do throws(TableError) {
      try self.init(reading: path, skipInvalid: skipInvalid)
    } catch {
      var named = error
      named.path = path
      throw named
    }
  }

  private init(reading path: String, skipInvalid: Bool) throws(TableError) {
    var builder = TableBuilder()
    let hash = SHA256()
    try Self.read(path) { piece throws(TableError) in
      piece.withUnsafeBytes { hash.update($0) }
      try builder.read(piece)
    }
    try builder.finish()
    guard let layout = builder.layout else { throw TableError(message: "the file is empty") }
    let invalid = builder.problemRowCount
    if invalid > 0, !skipInvalid {
      throw TableError(
        message: invalid == 1 ? "1 invalid row" : "\(invalid) invalid rows",
        problems: builder.problems, problemCount: builder.problemCount)
    }
    guard !builder.rows.labels.isEmpty else {
      throw TableError(
        message: invalid == 0
          ? "the file has no row below its header" : "the file has no valid row",
        problems: builder.problems, problemCount: builder.problemCount)
    }
    dataset = builder.rows.dataset
    digest = hash.finish()
    invalidRows = builder.problems
    invalidRowCount = invalid
    ignoredColumns = layout.ignoredColumns
  }

  /// Adds patients of the prediction log behind the rows of the file; no outcomes change nothing.
  public mutating func append(_ outcomes: ConfirmedOutcomes) {
    includesOutcomes = true
    guard !outcomes.patients.isEmpty else { return }
    let hash = SHA256()
    var text = "\(digest)\n"
    text.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
    for (patient, drug) in outcomes.patients {
      let row = FeatureSet.fields.map { patient[$0] }
      dataset.append(row, label: Drug.allCases.firstIndex(of: drug)!)
      var line = row.map(\.plain).joined(separator: ",") + ",\(drug.rawValue)\n"
      line.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
    }
    outcomeCount += outcomes.patients.count
    digest = hash.finish()
  }

  /// Passes the content of a file on in pieces.
  ///
  /// The file is read, not mapped: another program may cut it meanwhile.
  private static func read(
    _ path: String, _ body: (Span<UInt8>) throws(TableError) -> Void
  ) throws(TableError) {
    func failure(_ call: String) -> TableError {
      TableError(message: "\(call): \(String(cString: strerror(errno)))")
    }
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure("open") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("fstat") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw TableError(message: isFolder ? "this is a folder, not a file" : "this is not a file")
    }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = buffer.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if count == 0 { return }
      if count > 0 {
        try body(buffer.span.extracting(0..<count))
      } else if errno != EINTR {
        throw failure("read")
      }
    }
  }
}

/// What is wrong in one place of a CSV file.
public struct RowProblem: Sendable, Equatable, CustomStringConvertible {
  /// The line of the file, from 1.
  public let line: Int
  /// The column's name; nil when the row as a whole is wrong.
  public let column: String?
  /// What is wrong, in words.
  public let detail: String
  /// What is accepted; nil when the detail says it.
  public let allowed: String?
  /// The text that was found, nil when there was none.
  public let found: String?

  /// For example `line 3, column Sex: Sex must be one of F, M (found "X")`.
  public var description: String {
    let place = column.map { "line \(line), column \($0)" } ?? "line \(line)"
    let value = found.map { " (found \"\($0)\")" } ?? ""
    // Most details end in what is allowed.
    let accepted = allowed.flatMap { detail.hasSuffix($0) ? nil : "; allowed: \($0)" } ?? ""
    return "\(place): \(detail)\(accepted)\(value)"
  }
}

/// Why a CSV file was refused.
public struct TableError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file.
  public internal(set) var path = ""
  /// What is wrong, in words.
  public let message: String
  /// The wrong places, at most `maximumProblemCount` of them.
  public let problems: [RowProblem]
  /// How many wrong places there are.
  public let problemCount: Int
  /// More problems than this are counted, not kept.
  public static let maximumProblemCount = 10_000

  init(message: String, problems: [RowProblem] = [], problemCount: Int = 0) {
    self.message = message
    self.problems = problems
    self.problemCount = problemCount
  }

  /// The same of another path, as a person named the file.
  func naming(_ path: String) -> TableError {
    var named = self
    named.path = path
    return named
  }

  /// The message and the first problems, without the path and the values that were found.
  public func summary(limit: Int = 5) -> String {
    let named = problems.prefix(limit).map { problem in
      let place = problem.column.map { "line \(problem.line), column \($0)" }
      return "\(place ?? "line \(problem.line)"): \(problem.detail)"
    }
    let rest = problemCount - named.count
    return ([message] + named + (rest > 0 ? ["and \(rest) more"] : [])).joined(separator: "; ")
  }

  /// The message and every problem on a line of its own.
  public var description: String {
    var lines = ["\(path): \(message)"] + problems.map { "  \($0)" }
    if problemCount > problems.count { lines.append("  and \(problemCount - problems.count) more") }
    return lines.joined(separator: "\n")
  }
}
