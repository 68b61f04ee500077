/// What the tests of a tree say of the measured values: what stands in the encoded columns, by the names
/// of the features and of their levels or bins.
struct TestWords {
  private enum Column {
    /// A number as measured.
    case number(String)
    /// A number that may be missing: missing above all numbers, and below all numbers.
    case missingAbove(String)
    case missingBelow(String)
    /// 1 for one level or bin.
    case hot(String, value: String)
    /// The rank of a level, and the levels by their ranks.
    case ordered(String, levels: [String])
  }

  /// How many of the levels that a test sends left are named.
  private static let namedLevelCount = 5

  private let columns: [Column]

  init(_ schema: FeatureSchema) {
    columns = schema.inputs.flatMap { input -> [Column] in
      let name = input.feature.name
      switch (input.encoding, input.feature.kind) {
      case (.identityWithMissing, _): return [.missingAbove(name), .missingBelow(name)]
      case (.bins(_, let labels), _): return labels.map { .hot(name, value: $0) }
      case (.oneHot, .categorical(let levels)): return levels.map { .hot(name, value: $0) }
      case (.ordered(let orders), .categorical(let levels)):
        return orders.map { ranks in
          let known = levels.indices.filter { ranks[$0] != nil }
          return .ordered(
            name, levels: known.sorted { ranks[$0]! < ranks[$1]! }.map { levels[$0] })
        }
      case (.identity, _), (.oneHot, .numeric), (.ordered, .numeric): return [.number(name)]
      }
    }
  }

  /// The words for where a test holds, which is left, and for where it fails.
  ///
  /// - Parameter number: how the threshold is shown.
  func sides(
    ofColumn column: Int, threshold: Double, shownAs number: String
  ) -> (left: String, right: String) {
    switch columns[column] {
    case .hot(let name, let value) where 0..<1 ~= threshold:
      ("\(name) is not \(value)", "\(name) is \(value)")
    case .missingAbove(let name) where threshold == .infinity:
      ("\(name) is measured", "\(name) is missing")
    case .missingAbove(let name): ("\(name) <= \(number)", "\(name) >  \(number) or missing")
    case .missingBelow(let name): ("\(name) <= \(number) or missing", "\(name) >  \(number)")
    case .ordered(let name, let levels): Self.sides(of: levels, upTo: threshold, name)
    case .number(let name): ("\(name) <= \(number)", "\(name) >  \(number)")
    // Of no training here: all samples go to one side.
    case .hot(let name, let value):
      ("(\(name) is \(value)) <= \(number)", "(\(name) is \(value)) >  \(number)")
    }
  }

  private static func sides(
    of levels: [String], upTo threshold: Double, _ name: String
  ) -> (left: String, right: String) {
    let left = levels.indices.filter { Double($0) <= threshold }.map { levels[$0] }
    let more = left.count > namedLevelCount ? ", … (\(left.count) levels)" : ""
    let words = left.prefix(namedLevelCount).joined(separator: ", ") + more
    return ("\(name) is of \(words)", "\(name) is none of \(words)")
  }
}

extension Double {
  /// The number with a fixed count of decimal places, the nearest one to its exact value, as C's
  /// `%.2f` writes it.
  func fixed(_ places: Int) -> String {
    let scale = (0..<places).reduce(1.0) { product, _ in product * 10 }
    let scaled = magnitude * scale
    guard scaled < 0x1p53 else { return "\(self)" }
    var whole = scaled.rounded(.toNearestOrEven)
    // A product that was rounded to a half lies to one side of it.
    let error = (-scaled).addingProduct(magnitude, scale)
    if error != 0, (scaled - whole).magnitude == 0.5 {
      whole = scaled.rounded(error > 0 ? .up : .down)
    }
    let digits = String(Int(whole))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return (sign == .minus ? "-" : "") + padded.dropLast(places)
      + (places > 0 ? "." + padded.suffix(places) : "")
  }

  /// The number with so many decimal places at most, and none that is 0.
  func shortened(places: Int) -> String {
    var text = fixed(places)
    guard text.contains("."), !text.contains("e") else { return text }
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text
  }
}
