public import RandomForest

extension CrossValidation {
  /// The folds that a table can pay for.
  ///
  /// Ten folds dealt three times tell models of some hundred rows apart, and take a fraction of a
  /// second; more repeats narrow only what the dealing adds, not what the few rows leave open. In a
  /// large table each fold holds rows enough, so that fewer folds do.
  ///
  /// - Parameters:
  ///   - dataset: the rows; equal ones cost nothing.
  ///   - treeCount: the trees of each forest.
  ///   - seed: the seed of the deals.
  ///   - foldCount: the folds that somebody has decided on.
  ///   - repeatCount: the repeats that somebody has decided on.
  public init(
    affordableFor dataset: Dataset, treeCount: Int, seed: UInt64, foldCount: Int? = nil,
    repeatCount: Int? = nil
  ) {
    let work = dataset.collapsed().rowCount * treeCount
    let (folds, repeats) =
      switch work {
      case ...200_000: (10, 3)
      case ...2_000_000: (10, 1)
      case ...20_000_000: (5, 1)
      default: (3, 1)
      }
    self.init(foldCount: foldCount ?? folds, repeatCount: repeatCount ?? repeats, seed: seed)
  }
}
