package import ArgumentParser
import Models

/// The program `drugctl`.
package struct DrugCtl: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "drugctl",
    abstract: "Explores patient data and trains, evaluates and saves drug classifiers.",
    discussion: """
      Every command begins with the patients of --data, data/drug200.csv unless you name another \
      file. For the first time, run 'drugctl pipeline'; to compare both feature sets thoroughly, \
      'drugctl evaluate --cross-validate --cv-repeats 20'.

      Exit status: 0 when all went well, 1 when a file, a model or the data is not as it should \
      be, 64 when the command is not understood. Messages of these go to standard error.
      """,
    version: programVersion,
    subcommands: [
      Describe.self, Explore.self, Prepare.self, Train.self, Evaluate.self, Pipeline.self,
      Retrain.self, Optimize.self, Models.self, Report.self, Export.self, Import.self, Predict.self,
      Replay.self,
      Runs.self,
      Datasets.self, Log.self, Audit.self, Users.self, Keys.self,
    ])

  package init() {}
}
