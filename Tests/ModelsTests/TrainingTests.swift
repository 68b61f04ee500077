import Foundation
@testable import Models
import POSIX
import Patients
import RandomForest
import Synchronization
import Testing
import TestSupport

@Suite struct TrainingTests {
  private func options(_ featureSet: FeatureSet = .continuous, trees: Int = 5) -> TrainingOptions {
    var options = TrainingOptions()
    options.featureSets = [featureSet]
    options.treeCount = trees
    return options
  }

  /// A training that is compared with what is served.
  private func training(
    _ root: String, _ options: TrainingOptions, force: Bool = false
  ) -> Training {
    Training(
      drug200Source, options: options, promotion: force ? .byForce : .unlessWorse,
      registry: ModelRegistry(root: root))
  }

  /// Trains, compares and keeps.
  private func retrain(
    _ root: String, _ options: TrainingOptions, source: Training.Source? = nil, force: Bool = false
  ) throws -> RetrainingReport {
    var training = training(root, options, force: force)
    if let source { training.source = source }
    return RetrainingReport(try training.run(), of: training, dataset: "drug200")
  }

  @Test func theFirstModelIsPromotedWithNothingToCompareWith() throws {
    try withTemporaryFolder { root in
      let report = try retrain(root, options())
      #expect(report.promoted && !report.alreadyExisted && !report.forced)
      #expect(report.comparison?.champion == nil && report.comparison?.difference == nil)
      #expect(report.changed.rowCount == 0 && report.changed.documented.isEmpty)
      #expect(report.message == "Model \(report.modelVersion) trained and promoted")
      #expect(report.accuracy.wholeMatch(of: /\d+\.\d\d%/) != nil)
      let registry = ModelRegistry(root: root)
      #expect(registry.currentVersion == report.modelVersion)
      #expect(try registry.details(of: report.modelVersion).comparison == report.comparison)
    }
  }

  @Test func theSameAgainIsTheSameVersionByteForByte() throws {
    try withTemporaryFolder { root in
      var many = options()
      many.threadCount = 3
      let first = try retrain(root, options())
      let forest = try ModelRegistry(root: root).load(nil).forest.fileBytes
      let second = try retrain(root, many)
      #expect(second.alreadyExisted && second.promoted && !second.forced)
      #expect(second.modelVersion == first.modelVersion)
      #expect(second.comparison?.sameData == true && second.comparison?.difference?.mean == 0)
      #expect(try ModelRegistry(root: root).load(nil).forest.fileBytes == forest)
      // What was said of the version when it was new stays.
      #expect(try ModelRegistry(root: root).details().comparison?.champion == nil)
    }
  }

  @Test func aWorseModelIsKeptAndServedByForceAlone() throws {
    try withTemporaryFolder { root in
      let registry = ModelRegistry(root: root)
      let good = try retrain(root, options())
      let bad = try retrain(root, options(.binned))
      #expect(!bad.promoted && !bad.forced)
      #expect(try #require(bad.comparison?.difference).interval[1] < 0)
      #expect(bad.message.contains("not promoted: its macro-F1 is 0."))
      #expect(registry.currentVersion == good.modelVersion)
      #expect(try registry.load(bad.modelVersion).card.features == .binned)
      // Both documented patients are DrugY to the good one, and to no forest on bins.
      #expect(bad.changed.documented.map(\.before) == ["DrugY", "DrugY"])
      #expect(!bad.changed.documented.map(\.after).contains("DrugY"))

      let forced = try retrain(root, options(.binned), force: true)
      #expect(forced.promoted && forced.forced && forced.alreadyExisted)
      #expect(registry.currentVersion == bad.modelVersion)
    }
  }

  @Test func theRowsThatChangeAreThoseTheTwoModelsTellApart() throws {
    try withTemporaryFolder { root in
      let registry = ModelRegistry(root: root)
      let before = try registry.load(try retrain(root, options()).modelVersion)
      let report = try retrain(root, options(.binned))
      let after = try registry.load(report.modelVersion)
      let dataset = try drug200().dataset
      let changed = try (0..<dataset.rowCount).filter { row in
        let sample = Array(dataset.row(row))
        return try before.forest.predict(sample).label != after.forest.predict(sample).label
      }
      #expect(changed.count > 5)
      #expect(report.changed.rowCount == changed.count)
      #expect(report.changed.rows.map(\.row) == changed.map { $0 + 1 })
      let first = try #require(report.changed.rows.first)
      #expect(first.actual == dataset.classes[dataset.labels[changed[0]]])
      // The names of the fields stay as they are, whatever becomes of other keys.
      let json = String(decoding: try RegistryJSON.encode(first), as: UTF8.self)
      for name in PatientSchema.drug200.fields.map(\.name) { #expect(json.contains("\"\(name)\"")) }
    }
  }

  @Test func aModelOfOtherDataIsJudgedAsItIs() throws {
    try withTemporaryFolder { root in
      let registry = ModelRegistry(root: root)
      let served = try registry.load(try retrain(root, options()).modelVersion)
      let text = try String(contentsOfFile: "\(repositoryRoot)/data/drug200.csv", encoding: .utf8)
        .split(separator: "\n").dropLast(20).joined(separator: "\n")
      let path = try write(text.utf8, to: "\(root)/other.csv")
      let other = try PatientTable(path: path, schema: .drug200)
      let report = try retrain(
        root, options(), source: Training.Source(path: path, schema: .drug200))
      #expect(report.comparison?.sameData == false)
      let plan = CrossValidation(affordableFor: other.dataset, treeCount: 5, seed: 0)
      let folds = try plan.evaluateFolds(other.dataset) { try served.evaluate(on: $1) }
      let accuracies = folds.flatMap(\.self).map(\.confusion.accuracy)
      let mean = accuracies.reduce(0, +) / Double(accuracies.count)
      #expect(abs(try #require(report.comparison?.champion).accuracy.mean - mean) < 1e-12)
    }
  }

  @Test func aRecipeThatIsServedAlreadyIsFittedOnce() throws {
    try withTemporaryFolder { root in
      _ = try retrain(root, options())
      func trees(_ options: TrainingOptions) throws -> Int {
        let most = Mutex(0)
        try training(root, options).run { event in
          if case .progress(let report) = event, report.stage == "cross-validate" {
            most.withLock { $0 = max($0, report.done) }
          }
        }
        return most.withLock { $0 }
      }
      #expect(try trees(options()) == 30 * 5)
      #expect(try trees(options(trees: 4)) == 30 * (4 + 5))
    }
  }

  @Test func progressRisesFromNothingToAllThroughEveryStage() throws {
    try withTemporaryFolder { root in
      let reports = Mutex<[WorkProgress.Report]>([])
      let training = training(root, options())
      try training.run { event in
        if case .progress(let report) = event { reports.withLock { $0.append(report) } }
      }
      let all = reports.withLock { $0 }
      #expect(all.first?.fraction == 0 && all.last?.fraction == 1)
      #expect(zip(all, all.dropFirst()).allSatisfy { $0.fraction <= $1.fraction })
      var stages = all.map(\.stage)
      stages = zip(stages, [""] + stages).filter { $0.0 != $0.1 }.map(\.0)
      #expect(stages == training.stages.map(\.rawValue))
      #expect(all.allSatisfy { $0.stageCount == 6 && 0...$0.total ~= $0.done })
    }
  }

  @Test(arguments: [3, 4, 6])
  func aCancelledRetrainingLeavesEverythingAsItWas(_ stage: Int) throws {
    try withTemporaryFolder { root in
      let first = try retrain(root, options())
      let registry = ModelRegistry(root: root)
      let before = registry.versions
      let isCancelled = Mutex(false)
      #expect(throws: TrainingError.cancelled) {
        var training = training(root, options(trees: 7))
        training.isCancelled = { isCancelled.withLock { $0 } }
        try training.run {
          if case .progress(let report) = $0, report.stageNumber == stage {
            isCancelled.withLock { $0 = true }
          }
        }
      }
      #expect(registry.currentVersion == first.modelVersion && registry.versions == before)
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(root)/registry")
      #expect(names == before)
    }
  }

  @Test func aServedModelThatIsDamagedIsReplaced() throws {
    try withTemporaryFolder { root in
      let first = try retrain(root, options())
      let registry = ModelRegistry(root: root)
      _ = try write([1, 2, 3], to: "\(registry.folder(of: first.modelVersion))/forest.rf")
      let result = try training(root, options(trees: 4)).run()
      guard case .damaged? = result.judgement.championProblem else {
        Issue.record("the served model is not known as damaged")
        return
      }
      #expect(result.judgement.comparison?.champion == nil)
      #expect(result.isPromoted && registry.currentVersion == result.version)
    }
  }

  /// It may be sound, though not for this process at this moment. A path in the reason would reach
  /// whoever asks the service.
  @Test(arguments: ["card.json", "evaluation.json"])
  func aServedModelThatCannotBeReadIsReplacedByForceAlone(_ name: String) throws {
    try withTemporaryFolder { root in
      let first = try retrain(root, options())
      let registry = ModelRegistry(root: root)
      let path = "\(registry.folder(of: first.modelVersion))/\(name)"
      #expect(unlink(path) == 0 && mkdir(path, 0o755) == 0)
      let training = training(root, options(trees: 4))
      let result = try training.run()
      #expect(!result.isPromoted && registry.currentVersion == first.modelVersion)
      let message = RetrainingReport(result, of: training, dataset: "drug200").message
      #expect(message.contains("cannot be read") && !message.contains("/"))
    }
  }

  /// What is served may be a model of other drugs or measurements: nobody has judged the new one beside
  /// it.
  @Test func aServedModelOfOtherDrugsIsReplacedByForceAlone() throws {
    try withTemporaryFolder { root in
      let registry = ModelRegistry(root: root)
      let other = try modelOfOtherDrugs()
      _ = try registry.save(other)
      try registry.activate(other.card.modelVersion)
      let report = try retrain(root, options())
      #expect(!report.promoted && registry.currentVersion == other.card.modelVersion)
      #expect(
        report.message
          == "Model \(report.modelVersion) trained, not promoted: the served model"
          + " \(other.card.modelVersion) cannot be compared with: the model has other inputs or drugs"
          + " than the patients; promote it by hand")
      let forced = try retrain(root, options(), force: true)
      #expect(forced.promoted && forced.forced)
      #expect(registry.currentVersion == report.modelVersion)
      #expect(
        report.differences?.drugs.map(\.name) == ["drugQ", "drugA", "drugB", "drugC", "drugX"])
      #expect(!forced.message.contains("by hand"))
    }
  }

  @Test func aTableOfOtherFieldsSaysWhatIsOtherAndByForceAsksForNoHand() throws {
    try withTemporaryFolder { root in
      let first = try retrain(root, options())
      #expect(first.differences == nil)
      let source = Training.Source(path: drug200Source.path, schema: withoutCholesterol)
      let report = try retrain(root, options(), source: source)
      #expect(!report.promoted && report.differences?.comparable == false)
      #expect(report.differences?.fields.map(\.name) == ["Cholesterol"])
      #expect(report.differences?.fields.map(\.change) == [.removed])
      #expect(report.message.hasSuffix("this table is without Cholesterol; promote it by hand"))
      let forced = try retrain(root, options(), source: source, force: true)
      #expect(forced.promoted && forced.forced && forced.differences == report.differences)
      #expect(
        forced.message
          == "Model \(report.modelVersion) was there already, byte for byte, and is promoted by force:"
          + " the model served before, \(first.modelVersion), cannot be compared with: it is of other"
          + " patients; this table is without Cholesterol")
      let back = try retrain(root, options())
      #expect(back.differences?.fields.map(\.change) == [.added])
    }
  }

  @Test func otherLimitsAreToldAndCompared() throws {
    try withTemporaryFolder { root in
      _ = try retrain(root, options())
      let wider = try drug200Changed { $0.fields[0].limits.maximum = 130 }
      let report = try retrain(
        root, options(), source: Training.Source(path: drug200Source.path, schema: wider))
      #expect(report.promoted && report.comparison?.champion != nil)
      #expect(report.differences?.comparable == true)
      #expect(report.differences?.fields.map(\.what) == [[.limits]])
    }
  }

  @Test func aTableWithFewPatientsOfAServedDrugReplacesNoModelByItself() throws {
    try withTemporaryFolder { root in
      let first = try retrain(root, options())
      let lines = try String(contentsOfFile: drug200Source.path, encoding: .utf8)
        .split(separator: "\n")
      var kept = 0
      let some = lines.filter { line in
        guard line.hasSuffix("drugB") else { return true }
        kept += 1
        return kept < 10
      }
      let path = try write(some.joined(separator: "\n").utf8, to: "\(root)/some.csv")
      let source = Training.Source(path: path, schema: .drug200)
      let report = try retrain(root, options(), source: source)
      #expect(!report.promoted && report.modelVersion != first.modelVersion)
      #expect(
        report.message.hasSuffix(
          "fewer than 10 patients of drugs that are recommended now: 9 of drugB"))
      #expect(report.differences?.drugs.map(\.name) == ["drugB"])
      #expect(report.differences?.drugs.map(\.patients) == [9])
      #expect(report.differences?.comparable == true)
      #expect(try retrain(root, options(), source: source, force: true).promoted)
    }
  }

  @Test func aServedModelOfOtherMeasurementsIsReplacedByForceAlone() throws {
    try withTemporaryFolder { root in
      let registry = ModelRegistry(root: root)
      let own = try retrain(root, options())
      // As if another program had served it: the registry itself refuses such a model.
      let schema = FeatureSchema(
        inputs: [EncodedFeature(Feature(name: "Weight", kind: .numeric), encoding: .identity)],
        classes: PatientSchema.drug200.drugs)
      let leaf = DecisionTree(nodes: [.leaf(distribution: [1, 0, 0, 0, 0])])
      let folder = registry.folder(of: own.modelVersion)
      try Forest(schema: schema, trees: [leaf]).write(to: "\(folder)/forest.rf")
      let other = try reseal(folder)
      try DurableFile.link(registry.currentPath, to: "registry/\(other)")
      let report = try retrain(root, options(trees: 4))
      #expect(!report.promoted && registry.currentVersion == other)
      #expect(report.message.hasSuffix("which no patient has; promote it by hand"))
    }
  }

  /// A forest that knows two drugs.
  private func modelOfOtherDrugs() throws -> ImportedModel {
    let schema = FeatureSchema(
      inputs: zip(
        PatientSchema.drug200.features,
        FeatureSet.continuous.encodings(.drug200, fitting: try drug200().dataset)
      ).map {
        EncodedFeature($0, encoding: $1)
      }, classes: ["DrugY", "drugQ"])
    let tree = DecisionTree(nodes: [.leaf(distribution: [0.75, 0.25])])
    return ImportedModel(
      try Forest(schema: schema, trees: [tree]), .drug200, .continuous,
      from: ModelCard.Origin(
        format: "ONNX", producer: nil, sha256: String(repeating: "0", count: 64), trees: 1,
        folded: false))
  }

  @Test func outcomesAreTrainedOnAndNotListedAmongTheRowsThatChange() throws {
    try withTemporaryFolder { root in
      _ = try retrain(root, options())
      var source = drug200Source
      source.outcomes = {
        Array(repeating: LabelledPatient(DocumentedPatient.first, drug: "drugA"), count: 150)
      }
      let report = try retrain(root, options(), source: source, force: true)
      #expect(report.parameters.includeOutcomes)
      #expect(report.changed.documented.map(\.after) == ["drugA"])
      #expect(report.changed.rows.allSatisfy { $0.row <= 200 })
      #expect(try ModelRegistry(root: root).details().card.data?.outcomes == 150)
    }
  }

  @Test func theRowsThatAreBalancedForShowAreThoseThatAreTrainedOn() throws {
    try withTemporaryFolder { root in
      let counts = Mutex<[[Int]]>([])
      try training(root, options(.binned)).run { event in
        if case .prepared(let rows, _) = event {
          counts.withLock { $0 = rows.map(\.columns.classCounts) }
        }
      }
      #expect(counts.withLock { $0 } == [[64, 64, 64, 64, 64]])
    }
  }

  @Test func foldsOfEachRepeatMakeTheEvaluationsOfACrossValidation() throws {
    let dataset = try drug200().dataset
    let plan = CrossValidation(foldCount: 4, repeatCount: 2, seed: 3)
    func fit(_ training: Dataset) throws -> Forest {
      let options = options(trees: 3)
      return try options.train(options.prepare(.continuous, .drug200, training), calibrates: false)
        .forest
    }
    let whole = try plan.evaluate(dataset, fit: fit)
    let folds = try plan.evaluateFolds(dataset) { try Evaluation(of: fit($0), on: $1) }
    #expect(folds.map(\.count) == [4, 4])
    for (evaluation, parts) in zip(whole, folds) {
      #expect(evaluation.confusion.total == 200)
      #expect(parts.reduce(0) { $0 + $1.confusion.correct } == evaluation.confusion.correct)
      let loss = parts.reduce(0) { $0 + $1.logLoss * Double($1.confusion.total) } / 200
      #expect(abs(loss - evaluation.logLoss) < 1e-12)
      let bins = evaluation.reliability
      #expect(bins.reduce(0) { $0 + $1.sampleCount } == 200)
      let error = bins.reduce(0) {
        $0 + abs($1.confidence - $1.accuracy) * Double($1.sampleCount) / 200
      }
      #expect(abs(error - evaluation.expectedCalibrationError) < 1e-12)
    }
  }

  @Test(arguments: [
    (200, 100, 10, 3), (200, 2000, 10, 1), (50_000, 100, 5, 1), (90_000, 500, 3, 1),
  ])
  func largerTablesGetFewerFolds(
    _ rows: Int, _ trees: Int, _ folds: Int, _ repeats: Int
  ) {
    let dataset = Dataset(
      features: [Feature(name: "x", kind: .numeric)], classes: ["a"],
      values: (0..<rows).map(Double.init), labels: Array(repeating: 0, count: rows))
    let plan = CrossValidation(affordableFor: dataset, treeCount: trees, seed: 5)
    #expect(plan.foldCount == folds && plan.repeatCount == repeats && plan.seed == 5)
  }
}
