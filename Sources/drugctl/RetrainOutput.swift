import DrugClassifier
import RandomForest

/// How a retraining tells what it does.
protocol RetrainOutput {
  func begin()
  func loaded(_ table: PatientTable, from name: String, _ outcomes: ConfirmedOutcomes?)
  var progress: @Sendable (WorkProgress.Report) -> Void { get }
  func finish(_ trial: Retraining.Trial, _ report: RetrainingReport, _ registry: ModelRegistry)
}

/// For a program.
struct RetrainLines: RetrainOutput {
  func begin() { RetrainEvents.loading() }

  func loaded(_ table: PatientTable, from name: String, _ outcomes: ConfirmedOutcomes?) {}

  var progress: @Sendable (WorkProgress.Report) -> Void { RetrainEvents.progress }

  func finish(
    _ trial: Retraining.Trial, _ report: RetrainingReport, _ registry: ModelRegistry
  ) {
    RetrainEvents.result(report)
  }
}

/// For a person.
struct RetrainPage: RetrainOutput {
  private let stages = StageLines(titles: Retraining.stages.map(\.localizedTitle))

  func begin() { stages.begin(1) }

  func loaded(_ table: PatientTable, from name: String, _ outcomes: ConfirmedOutcomes?) {
    print("  \(name): \(table.dataset.sampleCount) patients in \(table.dataset.rowCount) rows")
    if let outcomes {
      let left = outcomes.leftOut
      print(
        "  of them \(outcomes.patients.count) outcomes of the prediction log"
          + (left > 0 ? "; \(left) left out, for reasons that no field measures" : ""))
    }
    print("  sha256 \(table.digest)")
    if table.invalidRowCount > 0 { print("  left out \(table.invalidRowCount) invalid rows") }
  }

  var progress: @Sendable (WorkProgress.Report) -> Void {
    { [stages] report in stages.show(report) }
  }

  func finish(
    _ trial: Retraining.Trial, _ report: RetrainingReport, _ registry: ModelRegistry
  ) {
    stages.end()
    let candidates = trial.candidates.compactMap { candidate in
      candidate.scores.crossValidation.map { (candidate.featureSet.rawValue, $0) }
    }
    print("Candidates, cross-validated")
    for line in Reports.comparison(candidates) { print(line) }
    print()
    if let problem = trial.championProblem {
      print("The served model cannot be compared with: \(problem)\n")
    }
    for line in Reports.comparison(trial.comparison) { print(line) }
    for line in Reports.changes(report.changed) { print(line) }
    print("\n\(report.message).")
    print("  \(registry.folder(of: report.modelVersion))")
    print("  held-out accuracy \(report.accuracy), \(report.durationS.fixed(2)) s")
  }
}

extension String {
  /// The text with a capital first letter.
  fileprivate var localizedTitle: String { prefix(1).uppercased() + dropFirst() }
}
