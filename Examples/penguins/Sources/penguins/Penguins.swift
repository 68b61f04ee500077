import RandomForest

/// Invented penguins: two measurements, the island, and a label that is now and then not theirs.
enum Penguins {
  static let islands = ["Biscoe", "Dream", "Torgersen"]
  /// The share of labels that are not those of their penguins.
  static let wrongLabels = 0.07

  /// A species as this program draws it: means and spreads in mm, and how often on each island.
  private struct Species {
    let name: String
    let bill, flipper: (mean: Double, spread: Double)
    let islands: [Double]
  }

  private static let species = [
    Species(name: "Adelie", bill: (39, 2.5), flipper: (190, 6), islands: [0.3, 0.3, 0.4]),
    Species(name: "Chinstrap", bill: (49, 3), flipper: (196, 7), islands: [0, 1, 0]),
    Species(name: "Gentoo", bill: (47, 3), flipper: (217, 6), islands: [1, 0, 0]),
  ]

  /// Draws a table: one seed, one table, on every system.
  static func table(count: Int, seed: UInt64) -> Dataset {
    var table = Dataset(
      features: [
        Feature(name: "bill", kind: .numeric), Feature(name: "flipper", kind: .numeric),
        Feature(name: "island", kind: .categorical(levels: islands)),
      ],
      classes: species.map(\.name))
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<count {
      let label = generator.below(species.count)
      let (drawn, place) = (species[label], generator.uniform())
      let (first, second) = (drawn.islands[0], drawn.islands[0] + drawn.islands[1])
      let island = place < first ? 0 : place < second ? 1 : 2
      // One flipper in twenty was not measured.
      let flipper = generator.uniform() < 0.05 ? .nan : generator.normal(drawn.flipper)
      let row = [generator.normal(drawn.bill), flipper, Double(island)]
      let step = generator.uniform() < wrongLabels ? 1 + generator.below(species.count - 1) : 0
      table.append(row, label: (label + step) % species.count)
    }
    return table
  }
}

extension SeededGenerator {
  /// About normally distributed: the sum of twelve uniform numbers has variance 1.
  mutating func normal(_ about: (mean: Double, spread: Double)) -> Double {
    var sum = -6.0
    for _ in 0..<12 { sum += uniform() }
    return about.mean + about.spread * sum
  }
}
