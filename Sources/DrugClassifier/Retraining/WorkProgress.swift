public import RandomForest
import Synchronization

/// How far a piece of work in stages is, told from any thread.
public final class WorkProgress: Sendable {
  /// What is told.
  public struct Report: Sendable, Equatable {
    /// The stage's name, for example `cross-validate`.
    public let stage: String
    /// The stage's number, from 1.
    public let stageNumber: Int
    /// The number of stages.
    public let stageCount: Int
    /// What is done of the stage, in trees where trees are grown.
    public let done: Int
    /// What there is to do in the stage.
    public let total: Int
    /// The share of the whole work that is done, 0 to 1.
    public let fraction: Double
    /// The time that the rest will take at the pace so far, in seconds; nil until that can be told.
    public let secondsLeft: Double?
  }

  private struct State {
    var stage = 0
    var done = 0
    var weightBefore = 0.0
    var lastReport: ContinuousClock.Instant?
  }

  private let stages: [(name: String, total: Int, weight: Double)]
  private let start = ContinuousClock.now
  private let state = Mutex(State())
  private let report: @Sendable (Report) -> Void
  private let isCancelled: @Sendable () -> Bool

  /// Plans the work.
  ///
  /// - Parameters:
  ///   - stages: their names, how many units each has, and what share of the whole time each is
  ///     expected to take, of any sum.
  ///   - isCancelled: whether the work is to end.
  ///   - report: called at each stage's beginning and end, and in between ten times a second at most,
  ///     one call at a time.
  public init(
    stages: [(name: String, total: Int, weight: Double)],
    isCancelled: @escaping @Sendable () -> Bool, report: @escaping @Sendable (Report) -> Void
  ) {
    self.stages = stages
    self.isCancelled = isCancelled
    self.report = report
  }

  /// Begins a stage.
  ///
  /// - Throws: `TrainingError.cancelled` when the work is to end.
  public func begin(_ number: Int) throws(TrainingError) {
    state.withLock { state in
      state.stage = number
      state.done = 0
      state.weightBefore = stages[..<(number - 1)].reduce(0) { $0 + $1.weight }
      tell(&state)
    }
    if isCancelled() { throw .cancelled }
  }

  /// Counts units of the stage as done.
  ///
  /// - Returns: whether the work is to go on.
  public func advance(_ units: Int = 1) -> Bool {
    state.withLock { state in
      state.done += units
      let isEnd = state.done == stages[state.stage - 1].total
      let now = ContinuousClock.now
      if isEnd || state.lastReport.map({ now - $0 >= .milliseconds(100) }) ?? true {
        tell(&state)
      }
    }
    return !isCancelled()
  }

  private func tell(_ state: inout State) {
    state.lastReport = .now
    let stage = stages[state.stage - 1]
    let whole = stages.reduce(0) { $0 + $1.weight }
    let own = stage.total > 0 ? stage.weight * Double(state.done) / Double(stage.total) : 0
    let fraction = whole > 0 ? min(1, (state.weightBefore + own) / whole) : 0
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    report(
      Report(
        stage: stage.name, stageNumber: state.stage, stageCount: stages.count, done: state.done,
        total: stage.total, fraction: fraction,
        secondsLeft: fraction > 0.02 ? elapsed * (1 - fraction) / fraction : nil))
  }
}
