import FastCGI
import Models
import Patients
import RandomForest

/// Questions about patients that nobody has: what would be said if a number were another.
struct WhatIfRoutes: RouteGroup {
  static let routes = [
    Route<Self>("POST", "/predict/what-if", lane: .explanations, queryLane: .explanations, whatIf)
  ]

  let models: ModelStore
  let predictor: Predictor

  /// POST /predict/what-if: the recommendation for a patient, over the whole range of each number, and of
  /// two together. None of it is kept or counted: nobody is given a drug by it.
  func whatIf(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let served = try models.require()
    let model = served.model
    let fields = model.schema.fields
    let places = try Query(trace.head, ["x": 0...999, "y": 0...999])
    let body = try PatientBody(request, of: model.schema)
    let recommendation = try predictor.recommend(served, for: body.patient)
    let curves: [DrugModel.Curve]
    var map: DrugModel.Map?
    do throws(ForestFileError) {
      curves = try model.curves(for: body.patient)
      if let x = places["x"], let y = places["y"], max(x, y) < fields.count {
        map = try model.map(of: fields[x], fields[y], for: body.patient)
      }
    } catch {
      throw predictor.damaged(error)
    }
    var outcome = Outcome(
      Response { writer in
        writer.object { writer in
          writer.name("what_if")
          writer.bool(true)
          writer.write(recommendation, of: served, for: body.members)
          writer.name("curves")
          writer.array { writer in
            for curve in curves { writer.write(curve, model.drugs) }
          }
          writer.name("map")
          if let map { writer.write(map, model.drugs) } else { writer.null() }
          writer.name("model_version")
          writer.string(served.version)
        }
      })
    outcome.version = served.version
    return outcome
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ curve: DrugModel.Curve, _ drugs: [String]) {
    object { writer in
      writer.name("field")
      writer.string(curve.pieces.field.name)
      writer.write(curve.pieces)
      writer.name("probabilities")
      writer.object { writer in
        for (place, drug) in drugs.enumerated() {
          writer.name(drug)
          writer.array { writer in
            for piece in 0..<curve.pieces.count {
              writer.share(curve.probabilities[piece * drugs.count + place])
            }
          }
        }
      }
    }
  }

  fileprivate mutating func write(_ map: DrugModel.Map, _ drugs: [String]) {
    object { writer in
      for (name, pieces) in [("x", map.x), ("y", map.y)] {
        writer.name(name)
        writer.object { writer in
          writer.name("field")
          writer.string(pieces.field.name)
          writer.write(pieces)
        }
      }
      writer.name("classes")
      writer.array { writer in drugs.forEach { writer.string($0) } }
      writer.name("labels")
      writer.rows(of: map.x.count, map.labels) { $0.number($1) }
      writer.name("probabilities")
      writer.rows(of: map.x.count, map.probabilities) { $0.share($1) }
    }
  }

  private mutating func write(_ pieces: DrugModel.Pieces) {
    name("edges")
    array { writer in pieces.edges.forEach { writer.number($0) } }
    name("trained")
    guard let trained = pieces.trained else { return null() }
    array { writer in
      writer.number(trained.lowerBound)
      writer.number(trained.upperBound)
    }
  }

  private mutating func rows<Value>(
    of length: Int, _ values: [Value], _ put: (inout JSONWriter, Value) -> Void
  ) {
    array { writer in
      for row in stride(from: 0, to: values.count, by: length) {
        writer.array { writer in values[row..<row + length].forEach { put(&writer, $0) } }
      }
    }
  }

  /// A probability as finely as it can be seen.
  private mutating func share(_ value: Double) { number((value * 10_000).rounded() / 10_000) }
}
