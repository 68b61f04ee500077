/// What a forest's trees say of the samples that they were not grown on (Breiman, 2001, section
/// 3.1).
///
/// A row of weight w stands for w samples. Of those a tree that drew it n times has not seen
/// w · (1 - 1/w)ⁿ on average; that share is the tree's say on the row.
public struct OutOfBag: Sendable {
  /// The class probabilities of each row of the dataset, row-major, shape (rowCount, classCount);
  /// NaN for a row that every tree has seen.
  public let probabilities: [Double]
  /// The class of each row of the dataset.
  public let labels: [Int]
  /// How many samples each row of the dataset stands for.
  public let weights: [Int]
  /// The scores over the rows that some tree has not seen.
  public let evaluation: Evaluation
}
