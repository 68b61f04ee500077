extension DecisionTree {
  /// The tree as a drawing in Graphviz's DOT language (`export_graphviz(filled=True, rounded=True,
  /// impurity=False)` in scikit-learn): `dot -Tsvg tree.dot -o tree.svg` draws it.
  ///
  /// A node tells its test, which sends left what it is true of, the training samples that came to it,
  /// each counting what its class weighs, how many are of each class, and the most frequent class, whose
  /// colour it has: the fuller, the farther the class is ahead of the next. Without covers only leaves
  /// tell of classes, by their shares.
  ///
  /// - Parameters:
  ///   - schema: what names columns and classes, ``Forest/schema`` of the tree's forest.
  ///   - decimals: how many decimal places numbers have at most.
  ///   - maximumDepth: how many tests one below the other are drawn, nil for all.
  /// - Precondition: the tree is one of a forest of the schema.
  public func graphviz(
    naming schema: FeatureSchema, decimals: Int = 3, maximumDepth: Int? = nil
  ) -> String {
    precondition(decimals >= 0 && maximumDepth ?? 0 >= 0, "there are no negative depths")
    let words = TestWords(schema)
    let palette = Palette(classCount: schema.classes.count)
    let counts = classCounts
    var text = """
      digraph Tree {
      node [shape=box, style="filled, rounded", color="black", fontname="helvetica"] ;
      edge [fontname="helvetica"] ;

      """
    var depths = [Int](repeating: 0, count: nodes.count)
    var parents = [Int?](repeating: nil, count: nodes.count)
    for (place, node) in nodes.enumerated() {
      if case .split(_, _, let left) = node {
        for child in left...left + 1 {
          (depths[child], parents[child]) = (depths[place] + 1, place)
        }
      }
      var lines: [String] = []
      var color = "#ffffff"
      if let maximumDepth, depths[place] > maximumDepth {
        guard depths[place] == maximumDepth + 1 else { continue }
        (lines, color) = (["(...)"], "#c0c0c0")
      } else {
        if case .split(let column, let threshold, _) = node {
          let number = threshold.shortened(places: decimals)
          lines.append(words.sides(ofColumn: column, threshold: threshold, shownAs: number).left)
        }
        if !covers.isEmpty {
          lines.append("samples = \(covers[place].shortened(places: decimals))")
        }
        if let own = counts[place] {
          let shown = own.map { $0.shortened(places: decimals) }.joined(separator: ", ")
          lines += ["value = [\(shown)]", "class = \(schema.classes[own.indexOfLargest])"]
          color = palette.color(ofCounts: own)
        }
      }
      let label = lines.map(\.escapedForDOT).joined(separator: #"\n"#)
      text += "\(place) [label=\"\(label)\", fillcolor=\"\(color)\"] ;\n"
      guard let parent = parents[place] else { continue }
      text += "\(parent) -> \(place)"
      if parent == 0 {
        let (angle, word) = parents.firstIndex(of: 0) == place ? (45, "True") : (-45, "False")
        text += " [labeldistance=2.5, labelangle=\(angle), headlabel=\"\(word)\"]"
      }
      text += " ;\n"
    }
    return text + "}\n"
  }

  /// The training samples of each class in each node, each counting what its class weighs, or in leaves
  /// alone the shares of the classes when the covers are not known.
  private var classCounts: [[Double]?] {
    var counts = [[Double]?](repeating: nil, count: nodes.count)
    for (place, node) in nodes.enumerated().reversed() {
      switch node {
      case .leaf(let shares):
        counts[place] = covers.isEmpty ? shares : shares.map { $0 * covers[place] }
      case .split(_, _, let left):
        guard !covers.isEmpty, let a = counts[left], let b = counts[left + 1] else { continue }
        counts[place] = zip(a, b).map(+)
      }
    }
    return counts
  }
}

/// A hue for each class, as scikit-learn chooses them.
private struct Palette {
  private let colors: [[Double]]

  init(classCount: Int) {
    let chroma = 0.75 * 0.9
    let least = 0.9 - chroma
    colors = (0..<classCount).map { label in
      let hue = (25 + Double(label) * (360 / Double(classCount))).rounded(.down) / 60
      let second = chroma * (1 - abs(hue.truncatingRemainder(dividingBy: 2) - 1))
      let parts =
        switch Int(hue) {
        case 1: [second, chroma, 0]
        case 2: [0, chroma, second]
        case 3: [0, second, chroma]
        case 4: [second, 0, chroma]
        case 5: [chroma, 0, second]
        default: [chroma, second, 0]
        }
      return parts.map { (255 * ($0 + least)).rounded(.down) }
    }
  }

  /// The colour of the most frequent class, paler the closer the next one comes.
  func color(ofCounts counts: [Double]) -> String {
    let total = counts.reduce(0, +)
    let first = counts.indexOfLargest
    let next = (counts.enumerated().filter { $0.offset != first }.map(\.element).max() ?? total)
    let strength = total > next ? (counts[first] - next) / (total - next) : 0
    return colors[first].reduce(into: "#") { text, part in
      let level = Int((strength * part + (1 - strength) * 255).rounded(.toNearestOrEven))
      text += (level < 16 ? "0" : "") + String(level, radix: 16)
    }
  }
}

extension String {
  /// The text between the quotes of a DOT string.
  fileprivate var escapedForDOT: String {
    reduce(into: "") { text, character in
      switch character {
      case "\"", "\\": text += "\\\(character)"
      case "\n", "\r\n", "\r": text += #"\n"#
      default: text.append(character)
      }
    }
  }
}
