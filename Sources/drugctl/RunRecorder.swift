import ArgumentParser
import DrugClassifier
import Glibc
import RandomForest

/// Records a command as a run; whatever goes wrong with that costs the command nothing.
final class RunRecorder {
  var run: Run
  private let store: RunStore?
  private let start = ContinuousClock.now
  private var problem: (any Error)?

  /// Records the work of a command, and how it ends.
  static func record(
    _ command: String, in models: String, _ parameters: [String: String],
    _ body: (RunRecorder) throws -> Void
  ) throws {
    let recorder = RunRecorder(command, models, parameters)
    do {
      try body(recorder)
    } catch {
      let isCancelled = error as? TrainingError == .cancelled
      recorder.end(isCancelled ? .cancelled : .failed, error: "\(error)")
      throw error
    }
    recorder.end(Cancellation.isCancelled && command == "optimize" ? .cancelled : .succeeded)
    guard let problem = recorder.problem else { return }
    Console.warn("the run was not recorded: \(problem)")
  }

  private init(_ command: String, _ models: String, _ parameters: [String: String]) {
    run = Run(command: command, parameters: parameters)
    do {
      let store = try RunStore(root: models)
      try store.begin(&run)
      self.store = store
    } catch {
      store = nil
      problem = error
    }
  }

  /// Records a trial of a search.
  func add(_ trial: SearchTrial) {
    do { try store?.add(trial, to: run) } catch { problem = error }
  }

  /// Takes what is known of the data.
  func note(_ table: PatientTable, named name: String) {
    run.dataset = name
    run.dataDigest = table.digest
  }

  /// Takes the scores of a model, and its version.
  func note(_ model: TrainedModel) {
    run.version = model.card.modelVersion
    run.metrics["test_accuracy"] = model.test.confusion.accuracy
    run.metrics["test_macro_f1"] = model.test.confusion.macroAverage.f1
    run.metrics["test_log_loss"] = model.test.logLoss
    let scores = model.card.featureSets[model.card.features.rawValue]?.crossValidation
    run.metrics["cv_accuracy"] = scores?.accuracy.mean
    run.metrics["cv_macro_f1"] = scores?.macroF1.mean
    run.metrics["cv_log_loss"] = scores?.logLoss.mean
  }

  private func end(_ state: Run.State, error: String? = nil) {
    guard let store else { return }
    run.end(state, after: (ContinuousClock.now - start) / .seconds(1), error: error)
    do { try store.update(run) } catch { problem = error }
  }
}

extension TrainingOptions {
  /// The decisions as runs keep them, by their names in the command line.
  var names: [String: String] {
    [
      "features": featureSets.map(\.rawValue).joined(separator: " "),
      "n-estimators": "\(treeCount)",
      "max-leaf-nodes": maximumLeafCount.map { "\($0)" } ?? "none",
      "max-features": maximumFeatures?.description ?? "default",
      "min-samples-leaf": "\(minimumSamplesPerLeaf)",
      "smote": applySMOTE.map { $0 ? "yes" : "no" } ?? "default",
      "test-size": testSize.plain, "random-state": "\(seed)",
    ]
  }
}
