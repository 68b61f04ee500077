import Patients

extension ModelCard {
  /// Looks whether a card that was read says what a training or an import could have written: so much is
  /// reckoned with its numbers, and its texts are shown.
  ///
  /// - Parameter schema: what the model knows of patients.
  /// - Throws: `RegistryError` for one that does not.
  func check(_ schema: PatientSchema) throws(RegistryError) {
    func require(_ isRight: Bool, _ member: String) throws(RegistryError) {
      guard isRight else {
        throw RegistryError(
          .damaged, description: "model \(modelVersion) is damaged: its card has no such \(member)")
      }
    }
    let counts = 0...(1 << 40)
    let texts =
      [programVersion, purpose, notFor, imported?.format, imported?.producer] + (limits ?? [])
    try require(VersionName.isTime(trainedAt), "trained_at")
    try require(texts.allSatisfy { $0.map { $0.utf8.count <= 2000 } ?? true }, "text")
    try require(
      [forestSha256, data?.sha256, imported?.sha256].allSatisfy { $0.map(SHA256.isDigest) ?? true },
      "digest")
    if let parameters {
      try require(1...10_000 ~= parameters.nEstimators, "n_estimators")
      try require(parameters.maxLeafNodes.map { 2...(1 << 40) ~= $0 } ?? true, "max_leaf_nodes")
      try require(parameters.minSamplesLeaf.map { 1...(1 << 40) ~= $0 } ?? true, "min_samples_leaf")
      try require(parameters.maxFeatures.utf8.count <= 100, "max_features")
      try require(parameters.testSize > 0 && parameters.testSize < 1, "test_size")
    }
    if let data {
      try require(
        ([data.samples, data.trainingSamples, data.testSamples, data.outcomes ?? 0]
          + data.classCounts.values).allSatisfy(counts.contains), "count")
    }
    if let imported { try require(counts ~= imported.trees, "trees") }
    try require(0...1 ~= conformal.coverage, "coverage")
    try require(
      reference?.allSatisfy { schema.field($0.feature) != nil } ?? true, "reference")
  }
}
