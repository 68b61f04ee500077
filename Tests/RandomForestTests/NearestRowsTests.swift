import TestSupport
import Testing

@testable import RandomForest

@Suite struct NearestRowsTests {
  /// Rows of numbers and levels, many of them equal or equally far.
  private func rows(
    _ count: Int, _ features: [Feature], _ draw: inout SeededGenerator
  ) -> [[Double]] {
    let kinds = features.map { _ in draw.below(3) }
    return (0..<count).map { _ in
      zip(features, kinds).map { feature, kind in
        if feature.isCategorical { return Double(draw.below(3)) }
        switch kind {
        case 0: return Double(draw.below(2))
        case 1: return Double(draw.below(10)) * 0.1 - 0.3
        default: return (draw.uniform() - 0.5) * 1e6
        }
      }
    }
  }

  @Test func theyAreThoseThatALookAtEachRowFinds() throws {
    var draw = SeededGenerator(seed: printedSeed())
    for _ in 0..<60 {
      let features = (0..<1 + draw.below(6)).map { column in
        Feature(
          name: "\(column)",
          kind: draw.below(4) == 0 ? .categorical(levels: ["a", "b", "c"]) : .numeric)
      }
      let all = rows(1 + draw.below(200), features, &draw)
      let known = all.indices.filter { _ in draw.below(10) > 0 }
      let mismatch = draw.uniform() * 2
      let search = NearestRows(known, of: features, mismatch: mismatch) { all[$0][...] }
      for row in known.prefix(40) {
        let distances = all.map { other in
          features.indices.reduce(0.0) { sum, column in
            let difference = all[row][column] - other[column]
            if features[column].isCategorical { return sum + (difference == 0 ? 0 : mismatch) }
            return sum + difference * difference
          }
        }
        let order = known.sorted {
          ($0 == row ? -1 : distances[$0], $0) < ($1 == row ? -1 : distances[$1], $1)
        }
        let count = 1 + draw.below(9)
        #expect(search.nearest(to: row, all[row][...], count: count) == Array(order.prefix(count)))
      }
    }
  }

  /// Of many numbers most rows are ruled out by their first digits alone: none that is near, however alike rows are.
  @Test func manyNumbersAreRoundedAndHideNoRow() throws {
    var draw = SeededGenerator(seed: printedSeed())
    for round in 0..<40 {
      let features = (0..<12 + draw.below(20)).map { Feature(name: "\($0)", kind: .numeric) }
      let scale = [1, 1e-6, 1e-22, 1e-60, 1e6, 1e14][round % 6]
      let offset = [0, 1, 1e9][round % 3] * scale
      // Of some tables one column is much wider, or a few numbers stand for something else.
      let middle = features.map { _ in draw.uniform() }
      let widths = features.indices.map { $0 == 0 && round % 4 == 1 ? 1e5 : 1 }
      let all = (0..<300).map { row in
        zip(middle, widths).map { middle, width in
          let scale = round % 4 == 2 && draw.below(500) == 0 ? scale * 1e9 : scale * width
          // Some differ by less than rounded numbers tell.
          return row % 3 == 0
            ? offset + scale * (middle + 1e-8 * draw.uniform()) : offset + scale * draw.uniform()
        }
      }
      let search = NearestRows(Array(all.indices), of: features, mismatch: 1) { all[$0][...] }
      for row in 0..<30 {
        let distances = all.map { other in
          features.indices.reduce(0.0) { sum, column in
            let difference = all[row][column] - other[column]
            return sum + difference * difference
          }
        }
        let order = all.indices.sorted {
          ($0 == row ? -1 : distances[$0], $0) < ($1 == row ? -1 : distances[$1], $1)
        }
        #expect(search.nearest(to: row, all[row][...], count: 6) == Array(order.prefix(6)))
      }
    }
  }

  @Test func numbersWhoseSquaresAreTooLargeHideNoRow() {
    let values: [[Double]] = [-1e300, 1e300, 2e300, 0, 1e-300, -1e-300].flatMap { value in
      (0..<6).map { [value * Double($0), 1] }
    }
    let features = [Feature(name: "x", kind: .numeric), Feature(name: "y", kind: .numeric)]
    let search = NearestRows(Array(values.indices), of: features, mismatch: 1) { values[$0][...] }
    for row in values.indices {
      let found = search.nearest(to: row, values[row][...], count: 36)
      #expect(found.sorted() == Array(values.indices))
    }
  }
}
