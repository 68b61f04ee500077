import Patients
public import RandomForest

/// A model ready to be saved that was not trained here.
public struct ImportedModel: Sendable {
  /// The forest.
  public let forest: Forest
  /// The card, which tells where the model comes from and nothing of a training.
  public internal(set) var card: ModelCard

  /// Writes the card of a forest.
  ///
  /// No patients are known that the forest had not seen, so that no drug can be ruled out.
  ///
  /// - Parameters:
  ///   - forest: of the inputs of `PatientField.features` in their order, and of the drugs in theirs.
  ///   - features: how its inputs become columns.
  public init(_ forest: Forest, _ features: FeatureSet, from origin: ModelCard.Origin) {
    self.forest = forest
    var card = ModelCard(
      programVersion: programVersion, forestSha256: forest.sha256,
      purpose: ModelCard.purposeText, notFor: ModelCard.notForText, limits: ModelCard.limitTexts,
      features: features, parameters: nil, data: nil, importances: nil,
      conformal: ModelCard.Conformal(
        ConformalPredictor(score: .leastAmbiguous, coverage: 0.95, threshold: .infinity)),
      selfTest: forest.selfTest, featureSets: [:])
    card.imported = origin
    card.name(forest, nil)
    self.card = card
  }
}
