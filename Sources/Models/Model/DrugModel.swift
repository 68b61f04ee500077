public import Patients
public import RandomForest

/// A model of the registry, read and checked, that recommends drugs for patients.
public final class DrugModel: Sendable {
  /// What the model says of one patient.
  public struct Recommendation: Sendable {
    /// The drug with the highest probability.
    public let drug: String
    /// That probability.
    public let probability: Double
    /// The mean of the trees' distributions in the order of `DrugModel.drugs`, adding up to 1.
    public let probabilities: [Double]
    /// How many trees favour each drug, in the same order.
    public let votes: [Int]
    /// The drugs that cannot be ruled out at the coverage of the card, the likeliest first; of a drug that
    /// nobody in the training had it says nothing.
    public let predictionSet: [String]
    /// Fields whose values are allowed, but unlike all that the model was trained on.
    public let warnings: [FieldProblem]

    /// Whether a person must look: more than one drug cannot be ruled out, or the patient is unlike those
    /// of the training, for whom the coverage does not hold.
    public var needsReview: Bool { predictionSet.count > 1 || !warnings.isEmpty }
  }

  /// What the model knows of patients.
  public let schema: PatientSchema
  /// The forest.
  package let forest: Forest
  /// The version's whole digest; nil for one of before it was kept.
  public let digest: String?
  /// The card.
  public let card: ModelCard
  /// The evaluation on the held-out rows; nil for a model that was not trained here.
  public let evaluation: EvaluationReport?

  struct Input {
    let field: PatientField
    /// The level of the forest for each category of the field; empty for a number.
    let levels: [Double]
    let trainingRange: ClosedRange<Double>?
    /// The values in the training rows; nil where the card does not tell them.
    var known: KnownValues?

    func value(of patient: Patient) -> Double {
      let value = patient[field]
      return levels.isEmpty || value.isNaN ? value : levels[Int(value)]
    }
  }
  let inputs: [Input]
  /// What explanations take.
  let explanationCost: ExplanationCost
  private let conformal: ConformalPredictor

  /// Loads a version's folder and checks every byte in it: all of it is what its name stands for.
  ///
  /// - Parameters:
  ///   - folder: the folder itself, no link to it.
  ///   - trusted: whose signature the version needs; nil when it needs none.
  /// - Throws: `ForestFileError` for a damaged forest, `RegistryError` for a folder that is damaged, not
  ///   signed, or no model of patients.
  public init(folder: String, trusted: TrustedKeys? = nil) throws {
    let files = try VersionFolder(folder)
    if let trusted { try files.requireSignature(by: trusted) }
    let forest = try files.forest()
    explanationCost = try forest.explanationCost()
    // Before the card, which a model of other patients has in other words.
    let schema = try files.schema()
    self.schema = schema
    var inputs = try forest.schema.inputs.map { encoded throws(RegistryError) in
      try Self.input(encoded, schema)
    }
    guard forest.schema.classes.allSatisfy({ Self.isShown($0, atMost: 100) }) else {
      throw RegistryError(.foreign, description: "the forest has a drug that has no name")
    }
    guard forest.schema.columnNames.allSatisfy({ Self.isShown($0, atMost: 400) }) else {
      throw RegistryError(.foreign, description: "the forest has a column that has no name")
    }
    let card = try files.card()
    self.card = card
    for place in inputs.indices { inputs[place].known = KnownValues(of: inputs[place].field, card) }
    self.inputs = inputs
    evaluation =
      card.imported == nil ? try files.decode(EvaluationReport.self, "evaluation.json") : nil
    digest = files.digest
    conformal = card.conformal.predictor
    self.forest = forest
  }

  /// Whether people can be told a name of a file as it is.
  private static func isShown(_ name: String, atMost limit: Int) -> Bool {
    1...limit ~= name.utf8.count && name.visible == name
  }

  /// The drugs that the model can recommend, in the order of its classes.
  public var drugs: [String] { forest.schema.classes }

  /// The number of trees.
  public var treeCount: Int { forest.treeCount }

  /// The bytes of the forest.
  package var byteCount: Int { forest.byteCount }

  /// The names of the encoded columns.
  public var columnNames: [String] { forest.schema.columnNames }

  /// What the training rows spanned, by the name of each numeric field.
  public var trainingRanges: [String: ClosedRange<Double>] {
    Dictionary(
      uniqueKeysWithValues: inputs.compactMap { input in
        input.trainingRange.map { (input.field.name, $0) }
      })
  }

  /// Recommends a drug.
  ///
  /// - Throws: `ForestFileError` when the forest is damaged.
  public func recommend(for patient: Patient) throws(ForestFileError) -> Recommendation {
    let count = drugs.count
    // Everything but what is told of lies on the stack.
    return try withSample(of: patient) { sample throws(ForestFileError) in
      try withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) {
        votes throws(ForestFileError) in
        votes.initialize(repeating: 0)
        return try withUnsafeTemporaryAllocation(of: Double.self, capacity: count) {
          shares throws(ForestFileError) in
          shares.initialize(repeating: 0)
          var sums = shares.mutableSpan
          var counts = votes.mutableSpan
          try forest.predict(sample, probabilities: &sums, votes: &counts)
          let probabilities = Array(shares)
          let label = probabilities.indexOfLargest
          return Recommendation(
            drug: drugs[label], probability: probabilities[label], probabilities: probabilities,
            votes: votes.map(Int.init),
            predictionSet: conformal.reviewSet(for: probabilities).map { drugs[$0] },
            warnings: warnings(for: patient))
        }
      }
    }
  }

  /// The fields whose values are unlike all that the model was trained on.
  private func warnings(for patient: Patient) -> [FieldProblem] {
    inputs.compactMap { $0.warning(of: patient[$0.field]) }
  }

  /// Whether the model still says of the schema's probe what it said when it was trained.
  public func passesSelfTest() -> Bool {
    guard let found = try? recommend(for: schema.probe) else { return false }
    return Dictionary(uniqueKeysWithValues: zip(drugs, found.probabilities)) == card.selfTest
  }

  /// Lends the patient's values, in the order and the levels of the forest's inputs.
  private func withSample<Result>(
    of patient: Patient, _ body: (Span<Double>) throws(ForestFileError) -> Result
  ) throws(ForestFileError) -> Result {
    try withUnsafeTemporaryAllocation(of: Double.self, capacity: inputs.count) {
      sample throws(ForestFileError) in
      for (place, input) in inputs.enumerated() {
        sample.initializeElement(at: place, to: input.value(of: patient))
      }
      return try body(sample.span)
    }
  }

  /// The patient's values, in the order and the levels of the forest's inputs.
  func sample(of patient: Patient) -> [Double] { inputs.map { $0.value(of: patient) } }

  /// Evaluates the model on labelled patients.
  ///
  /// - Throws: `RegistryError` when the model has other inputs or classes than the rows.
  public func evaluate(on rows: Dataset) throws -> Evaluation {
    guard forest.schema.inputs.map(\.feature) == rows.features, drugs == rows.classes else {
      throw RegistryError(
        .foreign, description: "the model has other inputs or drugs than the patients")
    }
    return try Evaluation(of: forest, on: rows)
  }

  private static func input(
    _ encoded: EncodedFeature, _ schema: PatientSchema
  ) throws(RegistryError) -> Input {
    let feature = encoded.feature
    guard let field = schema.field(feature.name) else {
      throw RegistryError(
        .foreign, description: "the forest asks for \(feature.name), which no patient has")
    }
    switch (feature.kind, field.domain) {
    case (.categorical(let levels), .category(let categories)):
      let indices = categories.map { levels.firstIndex(of: $0) }
      guard indices.allSatisfy({ $0 != nil }) else {
        throw RegistryError(
          .foreign, description: "the forest does not know every \(feature.name)")
      }
      return Input(field: field, levels: indices.map { Double($0!) }, trainingRange: nil)
    case (.numeric, .number):
      return Input(field: field, levels: [], trainingRange: encoded.observedRange)
    default:
      throw RegistryError(
        .foreign, description: "the forest has another kind of \(feature.name)")
    }
  }
}
