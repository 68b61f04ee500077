import FastCGI
import Models
import Records
import TestSupport
import Testing

@testable import DrugService

@Suite struct WhatIfTests {
  private struct Answer: Decodable {
    struct Curve: Decodable {
      let field: String, edges: [Double], trained: [Double]?, probabilities: [String: [Double]]
    }
    struct Side: Decodable { let field: String, edges: [Double] }
    struct Map: Decodable {
      let x: Side, y: Side, classes: [String], labels: [[Int]], probabilities: [[Double]]
    }
    let what_if: Bool, prediction: String, needs_review: Bool, probabilities: [String: Double]
    let curves: [Curve], map: Map?
  }

  private func ask(
    _ service: Service, _ patient: String = documentedPatients[0], _ query: String = ""
  ) -> Response {
    service.answer(
      "POST", "/predict/what-if", contentType: "application/json", body: Array(patient.utf8),
      parameters: ["QUERY_STRING": query])
  }

  @Test func aCurveSaysWhatAPredictionWouldSay() throws {
    let answer: Answer = try ask(service).decoded()
    #expect(answer.what_if && answer.prediction == "DrugY" && answer.map == nil)
    #expect(answer.curves.map(\.field) == ["Age", "Na_to_K"])
    for curve in answer.curves {
      #expect(curve.edges == curve.edges.sorted() && curve.trained?.count == 2)
      #expect(curve.probabilities.values.allSatisfy { $0.count == curve.edges.count - 1 })
    }
    let curve = answer.curves[1]
    #expect(curve.edges.first == 0 && curve.edges.last == 100)
    for piece in 0..<curve.edges.count - 1 {
      // Also the upper edge itself.
      for value in [(curve.edges[piece] + curve.edges[piece + 1]) / 2, curve.edges[piece + 1]] {
        let patient = documentedPatients[0].replacing("15.5", with: "\(value)")
        struct Found: Decodable { let probabilities: [String: Double] }
        let found: Found = try service.predict(patient).decoded()
        for (drug, probability) in found.probabilities {
          #expect(abs(curve.probabilities[drug]![piece] - probability) < 0.0001)
        }
      }
    }
  }

  @Test func aMapHasARowForEachPieceOfTheSecondNumber() throws {
    let answer: Answer = try ask(service, documentedPatients[0], "x=4&y=0").decoded()
    let map = try #require(answer.map)
    #expect(map.x.field == "Na_to_K" && map.y.field == "Age")
    #expect(map.labels.count == map.y.edges.count - 1)
    #expect(map.labels.allSatisfy { $0.count == map.x.edges.count - 1 })
    #expect(map.probabilities.map(\.count) == map.labels.map(\.count))
    let row = try #require(map.y.edges.lastIndex { $0 < 45 })
    let column = try #require(map.x.edges.lastIndex { $0 < 15.5 })
    #expect(map.classes[map.labels[row][column]] == answer.prediction)
    #expect(
      abs(map.probabilities[row][column] - answer.probabilities[answer.prediction]!) < 0.0001)
  }

  @Test(arguments: ["x=4&y=4", "x=4", "x=1&y=4", "x=900&y=0"])
  func whatNamesNoTwoNumbersHasNoMap(_ query: String) throws {
    #expect(try ask(service, documentedPatients[0], query).decoded(as: Answer.self).map == nil)
  }

  @Test func whatIsWrongIsTold() throws {
    #expect(ask(service, "{}").status == 422)
    #expect(ask(service, documentedPatients[0], "x=a").status == 400)
    #expect(ask(emptyService).status == 503)
    #expect(service.answer("GET", "/predict/what-if").status == 405)
  }

  @Test func nothingIsKeptOrCounted() throws {
    try withLoggingService { service, log throws in
      #expect(ask(service, documentedPatients[0], "x=4&y=0").status == 200)
      #expect(try PredictionLog.newest(1, in: log).isEmpty)
      let told = service.answer("GET", "/metrics").text
      #expect(
        told.split(separator: "\n").allSatisfy {
          !$0.hasPrefix("drug_classifier_predictions_total") || $0.hasSuffix(" 0")
        })
      #expect(service.predict(documentedPatients[0]).status == 200)
      #expect(try PredictionLog.newest(2, in: log).count == 1)
    }
  }
}
