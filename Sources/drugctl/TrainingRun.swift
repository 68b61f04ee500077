import Models
import Patients
import Records

extension RunRecorder {
  /// Does a training as a recorded run.
  ///
  /// - Parameters:
  ///   - command: the command's name.
  ///   - parameters: decisions besides those of the training.
  ///   - show: tells somebody what happens.
  @discardableResult
  static func record(
    _ command: String, _ training: Training, parameters: [String: String] = [:],
    by user: String? = nil, _ show: @escaping @Sendable (Training.Event) -> Void
  ) throws -> Training.Result {
    var training = training
    training.isCancelled = { Cancellation.isCancelled }
    let names = training.options.names.merging(parameters) { _, own in own }
    return try record(command, in: training.registry.root, names, by: user) { recorder in
      try training.run { [training] event in
        show(event)
        recorder.note(event, training)
      }
    }
  }

  private func note(_ event: Training.Event, _ training: Training) {
    switch event {
    case .loaded(let table): note(table, named: training.source.name)
    case .evaluated(let judgement):
      note(judgement.model)
      note(judgement.comparison)
    case .saved(let result): note(isPromoted: result.isPromoted)
    case .progress, .explored, .prepared, .trained: break
    }
  }
}
