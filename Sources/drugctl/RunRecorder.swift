import FoundationEssentials
import Models
import Patients
import RandomForest
import Records
import Synchronization

/// Records a command as a run; whatever goes wrong with that costs the command nothing.
final class RunRecorder: Sendable {
  private struct State {
    var run: Run
    /// Whether the work ended early, with a result all the same.
    var isCutShort = false
    var problem: (any Error)?
  }

  private let state: Mutex<State>
  private let store: RunStore?
  private let start = ContinuousClock.now

  /// Records the work of a command, and how it ends.
  static func record<Result>(
    _ command: String, in models: String, _ parameters: [String: String], by user: String? = nil,
    _ body: (RunRecorder) throws -> Result
  ) throws -> Result {
    let recorder = RunRecorder(command, models, parameters, user)
    let result: Result
    do {
      result = try body(recorder)
    } catch {
      let isCancelled = error as? TrainingError == .cancelled
      recorder.end(isCancelled ? .cancelled : .failed, error: "\(error)")
      throw error
    }
    recorder.end(recorder.state.withLock { $0.isCutShort } ? .cancelled : .succeeded)
    if let problem = recorder.state.withLock({ $0.problem }) {
      Console.warn("the run was not recorded: \(problem)")
    }
    return result
  }

  private init(
    _ command: String, _ models: String, _ parameters: [String: String], _ user: String?
  ) {
    var run = Run(command: command, parameters: parameters, user: user ?? Self.userHere)
    do {
      let store = try RunStore(root: ModelsOption.runs(of: models))
      try store.begin(&run)
      self.store = store
      state = Mutex(State(run: run))
    } catch {
      store = nil
      state = Mutex(State(run: run, problem: error))
    }
  }

  /// The name of the machine's user who runs this; nil when it has none.
  static var userHere: String? {
    let name = ProcessInfo.processInfo.userName
    return name.isEmpty ? nil : name
  }

  private func change(_ body: (inout State) throws -> Void) {
    state.withLock { state in
      do { try body(&state) } catch { state.problem = error }
    }
  }

  /// Records a trial of a search.
  func add(_ trial: SearchTrial) {
    change { try store?.add(Trial(trial), to: $0.run) }
  }

  /// Takes what is known of the data.
  func note(_ table: PatientTable, named name: String) {
    change { state in
      state.run.dataset = name
      state.run.dataDigest = table.digest
    }
  }

  /// Takes scores by their names.
  func note(_ metrics: [String: Double]) {
    change { $0.run.metrics.merge(metrics) { _, new in new } }
  }

  /// Takes the scores of a model, and its version.
  func note(_ model: TrainedModel) {
    let scores = model.card.featureSets[model.card.features.rawValue]?.crossValidation
    let metrics: [String: Double?] = [
      "test_accuracy": model.test.confusion.accuracy,
      "test_macro_f1": model.test.confusion.macroAverage.f1, "test_log_loss": model.test.logLoss,
      "cv_accuracy": scores?.accuracy.mean, "cv_macro_f1": scores?.macroF1.mean,
      "cv_log_loss": scores?.logLoss.mean,
      "test_samples": Double(model.test.confusion.total),
      "cv_samples": scores?.samples.map(Double.init),
      "cv_folds": scores.map { Double($0.folds) }, "cv_repeats": scores.map { Double($0.repeats) },
    ]
    note(metrics.compactMapValues(\.self))
    // One repeat has no spread.
    if let scores, scores.repeats > 1 {
      note([
        "cv_accuracy_sd": scores.accuracy.standardDeviation,
        "cv_macro_f1_sd": scores.macroF1.standardDeviation,
        "cv_log_loss_sd": scores.logLoss.standardDeviation,
      ])
    }
    change { $0.run.version = model.card.modelVersion }
  }

  /// Takes the comparison with the served model.
  func note(_ comparison: ModelComparison?) {
    guard let comparison else { return }
    if let difference = comparison.difference { note(["difference": difference.mean]) }
    change { $0.run.comparison = try RunStore.json(comparison) }
  }

  /// Takes whether the model is served.
  func note(isPromoted: Bool) {
    change { $0.run.isPromoted = isPromoted }
  }

  /// Takes whether the work ended before all was done.
  func note(isCutShort: Bool) {
    change { $0.isCutShort = isCutShort }
  }

  private func end(_ state: Run.State, error: String? = nil) {
    change { recorded in
      recorded.run.end(state, after: (ContinuousClock.now - start) / .seconds(1), error: error)
      try store?.update(recorded.run)
    }
  }
}

extension Trial {
  init(_ trial: SearchTrial) {
    self.init(
      number: trial.number, parameters: trial.parameters, macroF1: trial.macroF1,
      logLoss: trial.logLoss, foldCount: trial.foldCount, isRejected: trial.isRejected,
      duration: trial.duration)
  }
}

extension TrainingOptions {
  /// The decisions as runs keep them, by their names in the command line.
  var names: [String: String] {
    [
      "features": (featureSets ?? FeatureSet.allCases).map(\.rawValue).joined(separator: " "),
      "n-estimators": "\(treeCount)",
      "max-leaf-nodes": maximumLeafCount.map { "\($0)" } ?? "none",
      "max-features": maximumFeatures?.description ?? "default",
      "min-samples-leaf": "\(minimumSamplesPerLeaf)",
      "smote": applySMOTE.map { $0 ? "yes" : "no" } ?? "default",
      "test-size": testSize.plain, "random-state": "\(seed)",
    ]
  }
}
