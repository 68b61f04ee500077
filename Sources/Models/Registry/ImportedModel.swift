public import Patients
public import RandomForest

/// A model ready to be saved that was not trained here.
public struct ImportedModel: Sendable {
  /// The forest.
  public let forest: Forest
  /// The card, which tells where the model comes from and nothing of a training.
  public internal(set) var card: ModelCard
  /// What it is said to know of patients.
  public let schema: PatientSchema

  /// Writes the card of a forest.
  ///
  /// No patients are known that the forest had not seen, so that no drug can be ruled out.
  ///
  /// - Parameters:
  ///   - forest: of the inputs of the schema in their order, and of the drugs in theirs.
  ///   - schema: what it knows of patients.
  ///   - features: how its inputs become columns.
  public init(
    _ forest: Forest, _ schema: PatientSchema, _ features: FeatureSet,
    from origin: ModelCard.Origin
  ) {
    self.forest = forest
    self.schema = schema
    var card = ModelCard(
      programVersion: programVersion, forestSha256: forest.sha256,
      purpose: schema.purpose, notFor: schema.notFor, limits: schema.limits,
      features: features, parameters: nil, data: nil, importances: nil,
      conformal: ModelCard.Conformal(
        ConformalPredictor(score: .leastAmbiguous, coverage: 0.95, threshold: .infinity)),
      selfTest: forest.answer(to: schema.probe), featureSets: [:])
    card.imported = origin
    card.name(forest, schema, nil)
    self.card = card
  }
}
