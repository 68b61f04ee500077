import FastCGI
import TestSupport
import Testing

@testable import DrugService

@Suite struct ExplanationTests {
  struct Explained: Decodable {
    struct Explanation: Decodable {
      struct Flip: Decodable {
        /// A number or a category.
        enum Value: Decodable, Equatable {
          case number(Double)
          case text(String)

          init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            self = try (try? .number(value.decode(Double.self))) ?? .text(value.decode(String.self))
          }
        }

        let field: String
        let from: Value
        let to: Value
        let prediction: String
        let detail: String
      }

      let drug: String
      let base_value: Double
      let contributions: [String: Double]
      let nearest_flip: Flip?
    }

    let prediction: String
    let probabilities: [String: Double]
    let prediction_set: [String]
    let needs_review: Bool
    let explanation: Explanation?
  }

  private func ask(_ patient: String, _ query: String) throws -> Explained {
    try service.predict(patient, parameters: ["QUERY_STRING": query]).decoded()
  }

  @Test(arguments: documentedPatients)
  func anExplanationAddsUpToTheProbability(_ patient: String) throws {
    let answer = try ask(patient, "explain=true")
    let explanation = try #require(answer.explanation)
    #expect(explanation.drug == answer.prediction)
    #expect(
      Set(explanation.contributions.keys) == ["Age", "Sex", "BP", "Cholesterol", "Na_to_K"])
    let sum = explanation.contributions.values.reduce(explanation.base_value, +)
    #expect(abs(sum - answer.probabilities[answer.prediction]!) < 1e-9)
  }

  @Test func theNearestFlipIsADrugThatTheServiceWouldThenName() throws {
    let patient = #"{"Age":45,"Sex":"M","BP":"HIGH","Cholesterol":"NORMAL","Na_to_K":14.2}"#
    let answer = try ask(patient, "explain=true")
    let flip = try #require(answer.explanation?.nearest_flip)
    #expect(flip.field == "Na_to_K")
    #expect(flip.from == .number(14.2))
    guard case .number(let value) = flip.to else { return #expect(Bool(false), "not a number") }
    #expect(flip.detail == "Na_to_K 14.2: from about \(value) it would be \(flip.prediction)")
    let flipped = patient.replacing("14.2", with: "\(value)")
    #expect(try ask(flipped, "").prediction == flip.prediction)
    #expect(flip.prediction != answer.prediction)
  }

  @Test(arguments: ["", "explain=false", "&", "explain=true&explain=false"])
  func withoutTheQuestionThereIsNoExplanation(_ query: String) throws {
    #expect(try ask(documentedPatients[0], query).explanation == nil)
  }

  @Test(
    arguments: [
      "explain", "explain=", "explain=1", "explain=TRUE", "Explain=true", "x=1",
      "explain=true&x", "explain=true;x", "explain=%74rue",
    ])
  func anotherQueryIsRefused(_ query: String) throws {
    let response = service.predict(documentedPatients[0], parameters: ["QUERY_STRING": query])
    #expect(response.status == 400)
    #expect(try response.decoded(as: ProblemBody.self).name == "invalid-query")
  }

  @Test(arguments: documentedPatients)
  func aPredictionSetHoldsThePrediction(_ patient: String) throws {
    let answer = try ask(patient, "")
    #expect(answer.prediction_set.first == answer.prediction)
    #expect(answer.needs_review == (answer.prediction_set.count > 1))
  }
}
