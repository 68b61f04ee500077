import Models
import POSIX
import Synchronization

/// Prints what a command does: its stages with their times and, while a person watches, a bar that
/// shows how far the present one is.
final class Console: Sendable {
  private struct State {
    var stage = 0
    var start = ContinuousClock.now
  }

  private let titles: [String]
  private let state = Mutex(State())
  private let start = ContinuousClock.now
  private let showsProgress = isatty(STDERR_FILENO) == 1

  /// - Parameter stages: their names; each is shown with a capital letter.
  init(stages: [String]) {
    titles = stages.map { $0.prefix(1).uppercased() + $0.dropFirst() }
  }

  /// Announces the next stage, runs it and says how long it took.
  func stage<Result>(_ body: () throws -> Result) rethrows -> Result {
    begin(state.withLock { $0.stage } + 1)
    let result = try body()
    end()
    return result
  }

  /// Announces a stage, when the one before has ended.
  private func begin(_ number: Int) {
    state.withLock { state in
      state.stage = number
      state.start = .now
    }
    let title = "\(number)/\(titles.count) \(titles[number - 1])"
    print("── \(title) \(String(repeating: "─", count: max(0, 72 - title.count)))")
    fflush(nil)
  }

  /// Says how long the present stage took.
  func end() {
    print("  \(Self.words(.now - state.withLock { $0.start }))\n")
  }

  /// Says how long all stages took.
  func finish() { print("Done in \(Self.words(.now - start)).") }

  /// Shows how far a training is; a report of another stage than before ends that and begins its own.
  func show(_ report: WorkProgress.Report) {
    let stage = state.withLock { $0.stage }
    if report.stageNumber != stage {
      if stage > 0 { end() }
      begin(report.stageNumber)
    }
    let left = report.secondsLeft.map { ", \($0.fixed(1)) s left" } ?? ""
    if report.total > 1 { bar("", report.done, of: report.total, " trees\(left)") }
  }

  /// Shows how far a stage is, on one line that replaces itself; nothing when nobody watches.
  func bar(_ name: String, _ done: Int, of total: Int, _ rest: String = "") {
    guard showsProgress else { return }
    let width = 30
    let full = done * width / max(total, 1)
    let bar = String(repeating: "█", count: full) + String(repeating: "·", count: width - full)
    Self.tell(
      done == total
        ? "\r\u{1b}[K"
        : "\r  \(name.isEmpty ? "" : name + " ")\(bar) \(done)/\(total)\(rest)\u{1b}[K")
  }

  /// Says on standard error what went wrong beside the work.
  static func warn(_ words: String) { tell("Warning: \(words)\n") }

  static func tell(_ text: String) {
    // Nobody can be told that standard error is closed.
    try? FileDescriptor.standardError.write(Array(text.utf8))
  }

  static func words(_ duration: Duration) -> String {
    let seconds = duration / .seconds(1)
    return seconds < 1 ? "\((seconds * 1000).fixed(1)) ms" : "\(seconds.fixed(2)) s"
  }
}
