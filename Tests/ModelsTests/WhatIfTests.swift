import Patients
import TestSupport
import Testing

@testable import Models

@Suite struct WhatIfTests {
  /// Whatever the forest, the work of a question is bounded.
  @Test func ofTooManyThresholdsThePiecesAreEven() throws {
    for model in ExplanationTests.models.map(\.model) {
      let patient = DocumentedPatient.first
      var limits = DrugModel.WhatIfLimits()
      limits.pieces = (curve: 5, side: 3)
      let curves = try model.curves(for: patient, limits)
      #expect(curves.map(\.pieces.field.name) == ["Age", "Na_to_K"])
      #expect(curves.allSatisfy { 1...5 ~= $0.pieces.count })
      let map = try #require(
        try model.map(of: .age, .sodiumToPotassium, for: patient, limits))
      #expect(map.labels.count == map.x.count * map.y.count && map.labels.count <= 9)
      limits.steps = 1
      #expect(try model.curves(for: patient, limits).allSatisfy { $0.pieces.count <= 2 })
      limits.curves = 1
      #expect(try model.curves(for: patient, limits).count == 1)
      #expect(try model.map(of: .sex, .age, for: patient) == nil)
    }
  }

  @Test func theRangeReachesToTheLimitsAndToThePatient() throws {
    let model = ExplanationTests.models[0].model
    let curves = try model.curves(for: DocumentedPatient.first)
    #expect(
      curves.map { [$0.pieces.edges.first!, $0.pieces.edges.last!] } == [[0, 120], [0, 100]])
    for curve in curves {
      let drugs = model.drugs.count
      #expect(curve.probabilities.count == curve.pieces.count * drugs)
      for piece in 0..<curve.pieces.count {
        let sum = curve.probabilities[piece * drugs..<(piece + 1) * drugs].reduce(0, +)
        #expect(abs(sum - 1) < 1e-9)
      }
    }
  }
}
