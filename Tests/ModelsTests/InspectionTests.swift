import FoundationEssentials
import Patients
import RandomForest
import TestSupport
import Testing

@testable import Models

/// What a look inside of a model shows.
struct InspectionTests {
  @Test(arguments: [FeatureSet.continuous, .binned])
  func curvesAreTheForestsAnswers(set: FeatureSet) throws {
    let model = try smallModel(set)
    let found = try #require(model.inspection)
    let heldOut = try model.card.heldOut(of: drug200().dataset)
    #expect(found.drugs == heldOut.classes && found.samples == heldOut.sampleCount)
    // The field that counts most stands first.
    let importances = try #require(model.card.importances)
    #expect(found.curves.map(\.name) == importances.sorted { $0.value > $1.value }.map(\.key))
    for curve in found.curves {
      let input = try #require(heldOut.features.firstIndex { $0.name == curve.name })
      let values = curve.values ?? curve.levels!.indices.map(Double.init)
      #expect(values.count == curve.means.count && values == values.sorted())
      #expect(curve.patients.count == 20)
      let all = try model.forest.partialDependence(
        ofInput: input, on: heldOut, at: values, keepsIndividuals: true)
      for (point, shares) in curve.means.enumerated() {
        #expect(abs(shares.reduce(0, +) - 1) < 0.005)
        #expect(abs(shares[0] - all.means[point * heldOut.classes.count]) <= 0.0005 + 1e-12)
      }
      #expect(abs(curve.patients[0][0][0] - all.individuals[0]) <= 0.0005 + 1e-12)
    }
    let numbers = try #require(found.curves.first { $0.name == "Na_to_K" }?.values)
    let reference = try #require(model.card.reference?.first { $0.feature == "Na_to_K" })
    #expect(numbers.first == reference.distribution.values.first && numbers.count == 60)
  }

  @Test func setsAreCountedOnTheHeldOutPatients() throws {
    let trained = try smallModel()
    let found = try #require(trained.inspection).sets
    let model = try reload(trained)
    let heldOut = try model.card.heldOut(of: drug200().dataset)
    var (covered, sizes) = (0, [0, 0, 0, 0, 0])
    for row in 0..<heldOut.rowCount {
      let answer = try model.recommend(for: Patient(of: model.schema, sample: heldOut.row(row)))
      sizes[answer.predictionSet.count - 1] += 1
      covered += answer.predictionSet.contains(heldOut.classes[heldOut.labels[row]]) ? 1 : 0
    }
    #expect(found.sizes == sizes && found.measured.correct == covered)
    #expect(found.measured.samples == heldOut.sampleCount && found.coverage == 0.95)
  }

  /// Whether a patient goes left, by what is told of a test.
  private func goesLeft(_ test: ModelTree.Test, _ patient: Patient, _ field: String) throws -> Bool
  {
    let own = try #require(patient.schema.field(field))
    let value = patient[own]
    switch test {
    case .atMost(let threshold, let missing):
      return value.isNaN ? missing ?? false : value <= threshold
    case .measured: return !value.isNaN
    case .isNot(let level): return own.levels[Int(value)] != level
    case .outside(_, let lower, let upper):
      return !(value > lower ?? -.infinity && value <= upper ?? .infinity)
    case .among(let levels): return levels.contains(own.levels[Int(value)])
    case .always(let left): return left
    }
  }

  @Test(arguments: [FeatureSet.continuous, .binned])
  func walksThroughItsTreesGiveTheModelsAnswer(set: FeatureSet) throws {
    let model = try reload(smallModel(set))
    let trees = try (0..<model.treeCount).map { try #require(try model.tree($0)) }
    let dataset = try drug200().dataset
    for row in stride(from: 0, to: dataset.rowCount, by: 7) {
      let patient = Patient(of: model.schema, sample: dataset.row(row))
      var sums = [Double](repeating: 0, count: model.drugs.count)
      for tree in trees {
        var place = 0
        while case .split(let field, let test, let left) = tree.nodes[place] {
          place = left + (try goesLeft(test, patient, field) ? 0 : 1)
        }
        if case .leaf(let shares) = tree.nodes[place] {
          sums = zip(sums, shares).map(+)
        }
      }
      let answer = try model.recommend(for: patient)
      for (sum, probability) in zip(sums, answer.probabilities) {
        #expect(abs(sum / Double(trees.count) - probability) < 1e-12)
      }
    }
    #expect(trees[0].samples.first == trees[0].samples.max() && trees[0].trees == 5)
  }

  @Test func missesAreTheHeldOutPatientsWhoseDrugIsAnother() throws {
    let model = try reload(smallModel(.binned))
    let table = try drug200()
    let found = try model.misses(in: table)
    let evaluation = try model.evaluate(on: try model.card.heldOut(of: table.dataset))
    #expect(found.samples == evaluation.confusion.total && found.count == found.misses.count)
    #expect(
      found.count == evaluation.confusion.total - evaluation.confusion.correct && found.count > 0)
    for miss in found.misses {
      #expect(miss.actual != miss.recommended)
      #expect(try model.recommend(for: miss.patient).drug == miss.recommended)
    }
    let sure = found.misses.map { $0.probability }
    #expect(sure == sure.sorted(by: >))
  }

  @Test func aTableIsFoundByItsDigestAmongThePresentOnes() throws {
    try withTemporaryFolder { folder in
      let store = DatasetStore(root: folder, builtInPath: "\(repositoryRoot)/data/drug200.csv")
      let table = try drug200()
      #expect(try store.table(ofDigest: table.digest, schema: .drug200)?.dataset == table.dataset)
      #expect(try store.table(ofDigest: String(repeating: "0", count: 64), schema: .drug200) == nil)
    }
  }
}
