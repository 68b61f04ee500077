import Patients
import RandomForest
import TestSupport
import Testing
@testable import Models

/// The name of the one column of a feature that is 1 for a patient.
private func bin(of feature: String, _ patient: Patient) throws -> String? {
  let schema = FeatureSchema(
    fitting: try drug200().dataset,
    encodings: FeatureSet.binned.encodings(.drug200, fitting: try drug200().dataset))
  var columns = [Double](repeating: 0, count: schema.columnCount)
  schema.encode(PatientSchema.drug200.inputs.map { patient[$0] }, into: &columns)
  let hot = zip(schema.columnNames, columns).filter { $1 == 1 && $0.hasPrefix(feature) }
  return hot.count == 1 ? hot[0].0 : nil
}

@Test(arguments: [
  (0, "<20s"), (19, "<20s"), (20, "20s"), (29, "20s"), (30, "30s"), (39, "30s"), (40, "40s"),
  (49, "40s"), (50, "50s"), (59, "50s"), (60, "60s"), (69, "60s"), (70, ">60s"), (120, ">60s"),
])
func anAgeFallsIntoItsRightClosedBin(_ age: Int, _ label: String) throws {
  let patient = try patient(Double(age), "F", "HIGH", "HIGH", 10)
  #expect(try bin(of: "Age", patient) == "Age_binned_\(label)")
}

@Test(arguments: [
  (0.1, "<10"), (9, "<10"), (9.001, "10-20"), (19, "10-20"), (19.5, "20-30"), (29, "20-30"),
  (29.1, ">30"), (100, ">30"),
])
func aRatioFallsIntoItsRightClosedBin(_ ratio: Double, _ label: String) throws {
  let patient = try patient(30, "F", "HIGH", "HIGH", ratio)
  #expect(try bin(of: "Na_to_K", patient) == "Na_to_K_binned_\(label)")
}

@Test(arguments: [(FeatureSet.binned, 18), (.continuous, 9)])
func aFeatureSetHasItsColumns(_ featureSet: FeatureSet, _ count: Int) throws {
  let schema = FeatureSchema(
    fitting: try drug200().dataset,
    encodings: featureSet.encodings(.drug200, fitting: try drug200().dataset))
  #expect(schema.columnCount == count)
  #expect(
    schema.columnNames.prefix(7) == [
      "Sex_F", "Sex_M", "BP_HIGH", "BP_LOW", "BP_NORMAL", "Cholesterol_HIGH", "Cholesterol_NORMAL",
    ])
  #expect(Set(schema.columnNames).count == count)
}

@Test(arguments: FeatureSet.allCases)
func resamplingGivesEveryDrugAsManyRowsAndOnlyPossiblePatients(_ featureSet: FeatureSet) throws {
  var options = TrainingOptions()
  options.applySMOTE = true
  let columns = try options.prepare(featureSet, .drug200, options.split(drug200().dataset).training)
    .columns
  #expect(columns.classCounts == [64, 64, 64, 64, 64])
  guard featureSet == .continuous else { return }
  for row in 0..<columns.rowCount {
    let row = Array(columns.row(row))
    // Sex, BP and Cholesterol stay one level each: 2, 3 and 2 columns.
    for group in [0..<2, 2..<5, 5..<7] {
      #expect(row[group].sorted(by: >) == [1] + [Double](repeating: 0, count: group.count - 1))
    }
  }
}

@Test func theDefaultForSMOTEDependsOnTheFeatureSet() throws {
  var options = TrainingOptions()
  let rows = try drug200().dataset
  #expect(options.appliesSMOTE(to: .binned, rows))
  #expect(!options.appliesSMOTE(to: .continuous, rows))
  for decision in [true, false] {
    options.applySMOTE = decision
    #expect(FeatureSet.allCases.allSatisfy { options.appliesSMOTE(to: $0, rows) == decision })
  }
}

@Test(arguments: FeatureSet.allCases)
func neitherTheOrderNorTheGroupingOfRowsChangesAModel(_ featureSet: FeatureSet) throws {
  let listed = try drug200().dataset
  var counted = Dataset(features: listed.features, classes: listed.classes)
  for row in (0..<listed.rowCount).reversed() {
    counted.append(listed.row(row), label: listed.labels[row], weight: 2)
  }
  var doubled = listed
  for row in 0..<listed.rowCount { doubled.append(listed.row(row), label: listed.labels[row]) }
  var options = TrainingOptions()
  options.treeCount = 5
  options.applySMOTE = true
  func forest(_ dataset: Dataset) throws -> [UInt8] {
    let rows = try options.prepare(featureSet, .drug200, options.split(dataset).training)
    return try options.train(rows, calibrates: false).forest.fileBytes
  }
  #expect(try forest(counted) == forest(doubled))
}

@Test(arguments: FeatureSet.allCases, [false, true])
func rowsEncodedBeforehandGiveTheSameForest(_ featureSet: FeatureSet, _ applySMOTE: Bool) throws {
  var options = TrainingOptions()
  options.treeCount = 5
  options.applySMOTE = applySMOTE
  let rows = try options.prepare(featureSet, .drug200, options.split(drug200().dataset).training)
  let encoded = try options.trainer(for: featureSet).train(rows.columns, schema: rows.schema).forest
  #expect(try options.train(rows).forest.fileBytes == encoded.fileBytes)
}

@Test(arguments: [
  // 20 repeats of scikit-learn's forest gave 0.801, 0.781 and 0.991.
  (FeatureSet.binned, true, 0.78...0.82), (.binned, false, 0.76...0.80),
  (.continuous, true, 0.985...1), (.continuous, false, 0.985...1),
])
func crossValidatedAccuracyIsWhatTheFeaturesAllow(
  _ featureSet: FeatureSet, _ applySMOTE: Bool, _ expected: ClosedRange<Double>
) throws {
  var options = TrainingOptions()
  options.applySMOTE = applySMOTE
  options.threadCount = 2
  let folds = try options.crossValidate(
    featureSet, of: .drug200, on: try drug200().dataset,
    CrossValidation(foldCount: 10, repeatCount: 4))
  let scores = try #require(FeatureSetScores.CrossValidated(folds))
  #expect(expected.contains(scores.accuracy.mean))
  // As wide as 200 patients make it, not 800.
  let interval = try #require(scores.accuracyInterval)
  let half = 1.96 * (scores.accuracy.mean * (1 - scores.accuracy.mean) / 200).squareRoot()
  #expect(interval.contains(scores.accuracy.mean))
  #expect(abs((interval.upperBound - interval.lowerBound) / 2 - half) < 0.01)
  #expect(folds.allSatisfy { $0.reduce(0) { $0 + $1.confusion.total } == 200 })
}
