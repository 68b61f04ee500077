import ArgumentParser
import DrugClassifier
import RandomForest

/// The stages that the commands are made of.
struct Workflow {
  let console: Console
  var options = TrainingOptions()

  func show(_ lines: [String]) {
    for line in lines { print(line) }
  }

  func load(_ data: DataOptions) throws -> PatientTable {
    try console.stage("Load") {
      let table = try PatientTable(path: data.data, skipInvalid: data.skipInvalid)
      let dataset = table.dataset
      print(
        "  \(data.data): \(dataset.sampleCount) patients in \(dataset.rowCount) rows,"
          + " \(dataset.featureCount) measurements and the drug")
      print("  sha256 \(table.digest)")
      if !table.ignoredColumns.isEmpty {
        print("  ignored columns: \(table.ignoredColumns.joined(separator: ", "))")
      }
      if table.invalidRowCount > 0 {
        print("  left out \(table.invalidRowCount) invalid rows:")
        show(table.invalidRows.map { "    \($0)" })
      }
      return table
    }
  }

  func explore(_ table: PatientTable) {
    console.stage("Explore") {
      show(Reports.columns(table) + [""] + Reports.classes(table.dataset) + [""])
      show(Reports.statistics(table.dataset) + [""] + Reports.categories(table.dataset))
    }
  }

  func prepare(_ table: PatientTable) throws -> (training: Dataset, test: Dataset) {
    try console.stage("Prepare") {
      let split = try options.split(table.dataset)
      print(
        "  \(split.training.sampleCount) patients to train on, \(split.test.sampleCount) held out"
          + " (stratified, test size \(options.testSize.plain), seed \(options.seed))")
      for featureSet in options.featureSets {
        let schema = FeatureSchema(fitting: split.training, encodings: featureSet.encodings)
        print("\n  \(featureSet.rawValue): \(schema.columnCount) columns")
        show(Reports.encodings(schema))
        guard options.appliesSMOTE(to: featureSet) else {
          print("  the drugs stay as frequent as they are (no SMOTE)")
          continue
        }
        let columns = try featureSet.prepare(
          split.training, schema, applySMOTE: true, options.seed)
        let method = featureSet == .binned ? "SMOTE" : "SMOTE-NC"
        let growth = zip(zip(columns.classes, split.training.classCounts), columns.classCounts)
          .map { "\($0.0) \($0.1) → \($1)" }
        print("  \(method), k = 5: \(growth.joined(separator: ", "))")
      }
      return split
    }
  }

  func crossValidate(_ dataset: Dataset) throws -> [FeatureSet: FeatureSetScores.CrossValidated] {
    guard let plan = options.crossValidation else { return [:] }
    return try console.stage("Cross-validate") {
      var found: [FeatureSet: FeatureSetScores.CrossValidated] = [:]
      for featureSet in options.featureSets {
        found[featureSet] = try crossValidate(featureSet, on: dataset, plan)
      }
      return found
    }
  }

  func crossValidate(
    _ featureSet: FeatureSet, on dataset: Dataset, _ plan: CrossValidation
  ) throws -> FeatureSetScores.CrossValidated? {
    let folds = plan.foldCount * plan.repeatCount
    let repeats = try options.crossValidate(featureSet, on: dataset) {
      console.progress(featureSet.rawValue, $0, of: folds)
    }
    return FeatureSetScores.CrossValidated(repeats, folds: plan.foldCount)
  }

  func train(
    _ split: (training: Dataset, test: Dataset),
    _ validated: [FeatureSet: FeatureSetScores.CrossValidated]
  ) throws -> [Candidate] {
    try console.stage("Train") {
      try options.featureSets.map { featureSet in
        let result = try options.train(featureSet, on: split.training)
        let forest = result.forest
        print(
          "  \(featureSet.rawValue): \(forest.treeCount) trees,"
            + " \((forest.nodeCount + forest.treeCount) / 2) leaves, \(forest.byteCount) bytes")
        return Candidate(
          featureSet: featureSet, training: result,
          test: try Evaluation(of: forest, on: split.test, threadCount: options.threadCount),
          crossValidation: validated[featureSet])
      }
    }
  }

  /// Chooses the model to serve, and shows how it was chosen and what it is worth.
  func evaluate(
    _ candidates: [Candidate], of table: PatientTable, _ split: (training: Dataset, test: Dataset)
  ) -> TrainedModel {
    console.stage("Evaluate") {
      let model = TrainedModel(
        bestOf: candidates, of: table, split: split, options: options)
      let validated = candidates.compactMap { candidate in
        candidate.scores.crossValidation.map { (candidate.featureSet.rawValue, $0) }
      }
      if !validated.isEmpty { show(Reports.comparison(validated) + [""]) }
      if candidates.count > 1 {
        let basis = validated.isEmpty ? "held-out" : "cross-validated"
        print("  served: \(model.card.features.rawValue), for its \(basis) macro-F1\n")
      }
      print(
        "  \(model.card.features.rawValue) on the \(model.test.confusion.total) held-out patients")
      show(Reports.scores(model.test) + [""] + Reports.confusion(model.test.confusion))
      return model
    }
  }

  func save(_ model: TrainedModel, in registry: ModelRegistry) throws {
    try console.stage("Save") {
      let version = model.card.modelVersion
      switch try registry.save(model) {
      case .saved: print("  model \(version) saved in \(registry.folder(of: version))")
      case .alreadyThere: print("  model \(version) exists already, byte for byte")
      }
      try registry.activate(version, cause: .training)
      print("  \(registry.currentPath) → registry/\(version)")
      print("  plot: \(registry.folder(of: version))/confusion_matrix.png")
    }
    console.finish()
  }
}
