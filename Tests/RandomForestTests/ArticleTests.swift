import FoundationEssentials
import RandomForest
import TestSupport
import Testing

/// The code of the articles, which has to compile and do what they say.
struct ArticleTests {
  @Test func theArticleTrainsAndServes() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/flowers.rf"

      // article
      var flowers = Dataset(
        features: [
          Feature(name: "length", kind: .numeric),
          Feature(name: "colour", kind: .categorical(levels: ["red", "white"])),
        ],
        classes: ["rose", "tulip"])
      flowers.append([2.5, 0], label: 0)
      flowers.append([3.1, 1], label: 0, weight: 12)
      flowers.append([5.8, 0], label: 1, weight: 7)
      flowers.append([.nan, 1], label: 1)

      let schema = FeatureSchema(fitting: flowers)
      var parameters = ForestParameters()
      parameters.treeCount = 200
      var trainer = ForestTrainer(parameters, threadCount: 2)
      trainer.estimatesOutOfBag = true
      let result = try trainer.train(flowers, schema: schema)
      print(result.outOfBag!.evaluation.confusion.accuracy)
      try result.forest.write(to: path)

      let forest = try Forest(mapping: path)
      try forest.verify()
      let prediction = try forest.predict([6.0, 0])
      print(forest.schema.classes[prediction.label], prediction.probabilities)
      print(try forest.explain([6.0, 0]).inputs)
      // end

      #expect(prediction.label == 1)
    }
  }

  @Test func theArticleLooksInside() throws {
    let rows = syntheticDataset(rowCount: 200, seed: 1)

    // article LookInside
    let parts = try rows.stratifiedSplit(testFraction: 0.3, seed: 1)
    let schema = FeatureSchema(fitting: parts.training)
    let result = try ForestTrainer(ForestParameters(), threadCount: 2)
      .train(parts.training, schema: schema)
    let forest = result.forest

    for (input, importance) in zip(schema.inputs, result.importances) {
      print(input.feature.name, importance.mean, "±", importance.standardDeviation)
    }
    let losses = try forest.permutationImportances(on: parts.test, repeatCount: 5) {
      $0.averagePrecision(of: 1)
    }

    let curve = try forest.partialDependence(ofInput: 0, on: parts.test, keepsIndividuals: true)
    for (point, value) in curve.grid.enumerated() {
      print(value, curve.means[point * schema.classes.count + 1])
    }

    let leaves = try forest.leaves(of: parts.test.values, threadCount: 2)
    let alike = try forest.proximities(of: parts.test.values, to: parts.training.values)

    let tree = try forest.tree(0)
    print(tree.text(naming: schema, maximumDepth: 2, showsWeights: true))
    let drawing = tree.graphviz(naming: schema)
    // end LookInside

    #expect(losses[2].mean > losses[1].mean)
    #expect(leaves.count == parts.test.rowCount * forest.treeCount)
    #expect(alike.count == parts.test.rowCount * parts.training.rowCount)
    #expect(drawing.contains("c is "))
  }

  @Test func theArticleJudges() throws {
    let rows = syntheticDataset(rowCount: 120, seed: 1)

    // article JudgeAForest
    var trainer = ForestTrainer(ForestParameters(), threadCount: 2)
    trainer.estimatesOutOfBag = true
    let schema = FeatureSchema(fitting: rows)
    let result = try trainer.train(rows, schema: schema)
    let estimates = CalibrationSamples(result.outOfBag!, rows: 0..<rows.rowCount)
    print(estimates.leftOutCount, "samples are in every tree")

    let plan = CrossValidation(foldCount: 5, repeatCount: 2)
    let evaluations = try plan.evaluate(rows) { training in
      let balanced = try training.oversampled(seed: 1)
      return try ForestTrainer(ForestParameters())
        .train(balanced, schema: FeatureSchema(fitting: balanced)).forest
    }
    let confusion = evaluations[0].confusion
    print(confusion.accuracy, Proportion(confusion.correct, of: confusion.total).interval)

    let temperature = try TemperatureCalibration(fitting: estimates)
    let stated = try result.forest.predict(Array(rows.row(0))).probabilities
    print(stated, temperature.calibrated(stated))

    let predictor = ConformalPredictor(calibratingOn: estimates, coverage: 0.95)
    let byClass = ClassConditionalPredictor(calibratingOn: estimates, coverage: 0.95)
    print(predictor.predictionSet(for: stated), byClass.predictionSet(for: stated))
    // end JudgeAForest

    #expect(estimates.leftOutCount == 0)
    #expect(confusion.total == rows.rowCount)
    #expect(predictor.predictionSet(for: stated).contains(rows.labels[0]))
  }

  @Test(arguments: [
    ("TrainAndServe", "article", 6), ("LookInside", "article LookInside", 4),
    ("JudgeAForest", "article JudgeAForest", 4),
  ])
  func theCodeOfTheArticleIsTheCodeAbove(name: String, mark: String, indent: Int) throws {
    func lines(_ path: String) throws -> [String] {
      let text = String(
        decoding: try Data(contentsOf: URL(filePath: "\(repositoryRoot)/\(path)")), as: UTF8.self)
      return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    var article: [String] = []
    var isCode = false
    for line in try lines("Sources/RandomForest/RandomForest.docc/\(name).md") {
      if line.hasPrefix("```") {
        isCode.toggle()
      } else if isCode, !line.isEmpty {
        article.append(line)
      }
    }
    let code = try lines("Tests/RandomForestTests/ArticleTests.swift")
      .drop { $0.dropFirst(indent) != "// \(mark)" }.dropFirst()
      .prefix { !$0.dropFirst(indent).hasPrefix("// end") }
    #expect(!article.isEmpty)
    #expect(article == code.filter { !$0.isEmpty }.map { String($0.dropFirst(indent)) })
  }
}
