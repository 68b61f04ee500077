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

  /// How much work a stage is.
  public struct Work: Sendable {
    /// The units that it counts, 1 for one that counts none.
    public let units: Int
    /// The share of the whole time that it is expected to take, of any sum.
    public let weight: Double

    /// States the work.
    public init(units: Int, weight: Double) {
      self.units = units
      self.weight = weight
    }
  }

  private struct State {
    var work: [Work]
    var stage = 0
    var done = 0
    var lastReport: ContinuousClock.Instant?
  }

  private let stages: [String]
  private let start = ContinuousClock.now
  private let state: Mutex<State>
  private let report: @Sendable (Report) -> Void
  private let isCancelled: @Sendable () -> Bool

  /// Names the stages.
  ///
  /// - Parameters:
  ///   - isCancelled: whether the work is to end.
  ///   - report: called at each stage's beginning and end, and in between ten times a second at most,
  ///     one call at a time.
  public init(
    stages: [String], isCancelled: @escaping @Sendable () -> Bool,
    report: @escaping @Sendable (Report) -> Void
  ) {
    self.stages = stages
    self.isCancelled = isCancelled
    self.report = report
    state = Mutex(State(work: stages.map { _ in Work(units: 1, weight: 0) }))
  }

  /// States how much each stage is, once that is known.
  public func plan(_ work: [Work]) {
    precondition(work.count == stages.count, "each stage is some work")
    state.withLock { $0.work = work }
  }

  /// Begins a stage.
  ///
  /// - Throws: `TrainingError.cancelled` when the work is to end.
  public func begin(_ index: Int) throws(TrainingError) {
    state.withLock { state in
      state.stage = index
      state.done = 0
      tell(&state)
    }
    if isCancelled() { throw .cancelled }
  }

  /// Counts units of the stage as done.
  ///
  /// - Returns: whether the work is to go on.
  @discardableResult
  public func advance(_ units: Int = 1) -> Bool {
    state.withLock { state in
      state.done += units
      let isEnd = state.done == state.work[state.stage].units
      let now = ContinuousClock.now
      if isEnd || state.lastReport.map({ now - $0 >= .milliseconds(100) }) ?? true {
        tell(&state)
      }
    }
    return !isCancelled()
  }

  /// Counts what is left of the stage as done.
  public func end() {
    let rest = state.withLock { $0.work[$0.stage].units - $0.done }
    if rest > 0 { advance(rest) }
  }

  private func tell(_ state: inout State) {
    state.lastReport = .now
    let own = state.work[state.stage]
    let whole = state.work.reduce(0) { $0 + $1.weight }
    let before = state.work[..<state.stage].reduce(0) { $0 + $1.weight }
    let part = own.units > 0 ? own.weight * Double(state.done) / Double(own.units) : 0
    let fraction = whole > 0 ? min(1, (before + part) / whole) : 0
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    report(
      Report(
        stage: stages[state.stage], stageNumber: state.stage + 1, stageCount: stages.count,
        done: state.done, total: own.units, fraction: fraction,
        secondsLeft: fraction > 0.02 ? elapsed * (1 - fraction) / fraction : nil))
  }
}
