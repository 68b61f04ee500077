import Glibc

/// Prints what a command does: stages with their times, and progress while a person watches.
final class Console {
  private let stageCount: Int
  private var stage = 0
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private let showsProgress = isatty(STDERR_FILENO) == 1

  init(stageCount: Int) {
    self.stageCount = stageCount
    start = clock.now
  }

  /// Announces a stage, runs it and says how long it took.
  func stage<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
    stage += 1
    let title = "\(stage)/\(stageCount) \(name)"
    print("── \(title) \(String(repeating: "─", count: max(0, 72 - title.count)))")
    fflush(nil)
    let start = clock.now
    let result = try body()
    print("  \(Self.words(clock.now - start))\n")
    return result
  }

  /// Says how long all stages took.
  func finish() {
    print("Done in \(Self.words(clock.now - start)).")
  }

  /// Shows how far a stage is, on one line that replaces itself; nothing when nobody watches.
  func progress(_ name: String, _ done: Int, of total: Int) {
    guard showsProgress else { return }
    let width = 30
    let full = done * width / max(total, 1)
    let bar = String(repeating: "█", count: full) + String(repeating: "·", count: width - full)
    var line = done == total ? "\r\u{1b}[K" : "\r  \(name) \(bar) \(done)/\(total)"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// Says on standard error what went wrong beside the work.
  static func warn(_ words: String) {
    var line = "Warning: \(words)\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  static func words(_ duration: Duration) -> String {
    let seconds = duration / .seconds(1)
    return seconds < 1 ? "\((seconds * 1000).fixed(1)) ms" : "\(seconds.fixed(2)) s"
  }
}
