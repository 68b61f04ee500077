import FoundationEssentials
import Linux
import POSIX
import Patients

/// What a training program says: an event on each line of its output, words for people on the rest.
struct TrainingOutput {
  /// So much of the words is kept.
  private static let maximumTextSize = 1 << 16
  /// A line longer than this is no event.
  private static let maximumLineSize = 16 << 20

  /// The newest progress.
  private(set) var progress: RetrainingJob.Progress?
  /// The result, as JSON; nil until it comes.
  private(set) var result: [JSONValue.Member]?
  /// Why the program gives up; nil until it says so.
  private(set) var failure: RetrainingJob.Failure?
  /// Whatever else was printed.
  private(set) var text: [UInt8] = []
  private var lastComplaint: [UInt8] = []
  private var outputLine: [UInt8] = []
  private var errorLine: [UInt8] = []

  /// The last words of its complaints.
  var complaint: String? {
    lastComplaint.isEmpty ? nil : String(decoding: lastComplaint, as: UTF8.self)
  }

  /// Reads what has come.
  ///
  /// - Returns: whether anything has.
  mutating func read(from child: ChildProcess) -> Bool {
    let output = Self.read(child.output, &outputLine)
    let errors = Self.read(child.errors, &errorLine)
    output?.forEach { readLine($0[...]) }
    errors?.forEach { complain($0[...]) }
    return output != nil || errors != nil
  }

  /// Reads the last lines, which may lack their end.
  mutating func finish() {
    if !outputLine.isEmpty { readLine(outputLine[...]) }
    if !errorLine.isEmpty { complain(errorLine[...]) }
  }

  /// Reads what has come of a stream and cuts the lines that are whole off it.
  ///
  /// - Returns: nil when nothing has come.
  private static func read(_ file: FileDescriptor, _ line: inout [UInt8]) -> [[UInt8]]? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = (try? file.read(into: &buffer)) ?? 0
    guard count > 0 else { return nil }
    var lines: [[UInt8]] = []
    var rest = buffer[..<count]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(line + rest[..<end])
      line.removeAll(keepingCapacity: true)
      rest = rest[(end + 1)...]
    }
    line += rest
    if line.count > maximumLineSize { line.removeAll() }
    return lines
  }

  private mutating func complain(_ line: ArraySlice<UInt8>) {
    if !line.isEmpty { lastComplaint = Array(line.prefix(500)) }
    keep(line)
  }

  private mutating func keep(_ line: ArraySlice<UInt8>) {
    guard text.count + line.count < Self.maximumTextSize else { return }
    text += line
    text.append(UInt8(ascii: "\n"))
  }

  private mutating func readLine(_ line: ArraySlice<UInt8>) {
    guard case .object(let members)? = try? JSONParser.parse(Array(line), .unlimited),
      let event = members.value(of: "event")
    else { return keep(line) }
    switch event {
    case .string("progress"):
      let told = try? JSONDecoder().decode(RetrainingJob.Progress.self, from: Data(line))
      if let told, told.fraction.isFinite { progress = told }
    case .string("result"):
      result = members.filter { !$0.isNamed("event") }
    case .string("error"):
      func text(_ name: String) -> String? {
        guard case .string(let text)? = members.value(of: name)
        else { return nil }
        return String(text.prefix(500))
      }
      failure = RetrainingJob.Failure(
        code: text("code") ?? "training_failed",
        detail: (text("detail") ?? "The training has failed.").publicWords)
    default: keep(line)
    }
  }
}
