import DrugClassifier
import Glibc
import Synchronization

/// Shows stages that report their own progress: a title and a time for each, and in between, while a
/// person watches, a bar with the time left.
final class StageLines: Sendable {
  private struct State {
    var stage = 0
    var start = ContinuousClock.now
  }

  private let titles: [String]
  private let state = Mutex(State())
  private let showsProgress = isatty(STDERR_FILENO) == 1

  init(titles: [String]) { self.titles = titles }

  /// Ends the stage before, if there is one, and announces the next.
  func begin(_ number: Int) {
    state.withLock { begin(number, &$0) }
  }

  /// Ends the last stage.
  func end() {
    state.withLock { end(&$0) }
  }

  /// Shows a report; one of another stage than before begins that one.
  func show(_ report: WorkProgress.Report) {
    state.withLock { state in
      if report.stageNumber != state.stage { begin(report.stageNumber, &state) }
      guard showsProgress, report.total > 1 else { return }
      let width = 30
      let full = report.done * width / report.total
      let bar = String(repeating: "█", count: full) + String(repeating: "·", count: width - full)
      let left = report.secondsLeft.map { ", \($0.fixed(1)) s left" } ?? ""
      tell(
        report.done == report.total
          ? "\r\u{1b}[K" : "\r  \(bar) \(report.done)/\(report.total) trees\(left)\u{1b}[K")
    }
  }

  private func begin(_ number: Int, _ state: inout State) {
    end(&state)
    state.stage = number
    state.start = .now
    let title = "\(number)/\(titles.count) \(titles[number - 1])"
    print("── \(title) \(String(repeating: "─", count: max(0, 72 - title.count)))")
    fflush(nil)
  }

  private func end(_ state: inout State) {
    guard state.stage > 0 else { return }
    print("  \(Console.words(ContinuousClock.now - state.start))\n")
    state.stage = 0
  }

  private func tell(_ text: String) {
    var text = text
    text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
