import FoundationEssentials
import Models
import POSIX
import Patients

/// A model with what the service says about it, made once when it is loaded.
final class ServedModel: Sendable {
  let model: DrugModel
  /// The body of GET /model/info.
  let info: [UInt8]
  /// The body of GET /model/schema.
  let schema: [UInt8]

  let version: String
  /// What metrics know the version by.
  let number: UInt64
  /// When it was loaded.
  let loadedAt = Moment.now

  /// - Parameter trusted: whose signature the version needs; nil when it needs none.
  /// - Throws: whatever makes the folder no sound model.
  init(folder: String, path: String, trusted: TrustedKeys?) throws {
    model = try DrugModel(folder: folder, trusted: trusted)
    version = model.card.modelVersion
    number = ServiceMetrics.number(of: version)
    guard model.passesSelfTest() else { throw SelfTestFailure() }
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    schema = Array(model.schema.servedText.utf8)
    info = Array(try encoder.encode(ModelInfo(model, path: path)))
  }
}

/// A model that says something else of the documented patient than when it was trained.
private struct SelfTestFailure: Error, CustomStringConvertible {
  let description = "the documented patient gets other probabilities than after the training"
}

/// A value, or null for none.
private struct Nullable<Value: Encodable>: Encodable {
  let value: Value?

  init(_ value: Value?) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}

/// What GET /model/info says.
private struct ModelInfo: Encodable {
  let modelType = "RandomForestClassifier"
  let nFeatures: Int
  let featureNames: [String]
  let classes: [String]
  let nEstimators: Int
  let modelPath: String
  let modelVersion: String
  let modelDigest: Nullable<String>
  let trainedAt: String
  let programVersion: String
  let features: FeatureSet
  let imported: Nullable<ModelCard.Origin>
  let parameters: Nullable<ModelCard.Parameters>
  let trainingData: Nullable<ModelCard.TrainingData>
  let trainingRanges: [String: [Double]]
  let coverage: Nullable<Double>
  let evaluation: Nullable<EvaluationReport>
  let importances: Nullable<[String: Double]>
  let featureSets: [String: FeatureSetScores]

  init(_ model: DrugModel, path: String) {
    nFeatures = model.columnNames.count
    featureNames = model.columnNames
    classes = model.drugs
    nEstimators = model.treeCount
    modelPath = path
    modelVersion = model.card.modelVersion
    modelDigest = Nullable(model.digest)
    trainedAt = model.card.trainedAt
    programVersion = model.card.programVersion
    features = model.card.features
    imported = Nullable(model.card.imported)
    parameters = Nullable(model.card.parameters)
    trainingData = Nullable(model.card.data)
    trainingRanges = model.trainingRanges.mapValues { [$0.lowerBound, $0.upperBound] }
    let conformal = model.card.conformal
    coverage = Nullable(conformal.threshold == nil ? nil : conformal.coverage)
    evaluation = Nullable(model.evaluation)
    importances = Nullable(model.card.importances)
    featureSets = model.card.featureSets
  }
}
