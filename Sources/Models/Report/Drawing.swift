import Patients

/// A picture of a report, in points from its upper left corner, to be written as SVG or PNG.
struct Drawing: Sendable {
  /// A colour as #rrggbb.
  typealias Colour = String

  /// Where a text stands to its place.
  enum Anchor: String, Sendable {
    case start, middle, end
  }

  /// One part.
  enum Shape: Sendable {
    case box(x: Double, y: Double, width: Double, height: Double, fill: Colour)
    /// A line through points; `dash` are the lengths of its strokes and gaps.
    case line([(x: Double, y: Double)], stroke: Colour, width: Double, dash: [Double])
    case dot(x: Double, y: Double, radius: Double, fill: Colour)
    /// A line of text; `isTurned` for one that is read from below.
    case text(
      String, x: Double, y: Double, size: Double, anchor: Anchor, fill: Colour, isBold: Bool,
      isTurned: Bool)
  }

  /// What it shows, in a sentence, for those who do not see it.
  let title: String
  let width: Double
  let height: Double
  private(set) var shapes: [Shape] = []

  static let ink = "#17211f"
  static let quiet = "#51615d"
  static let grid = "#d6dfdc"
  static let accent = "#0b6b5d"
  static let font = "DejaVu Sans"

  init(_ title: String, width: Double, height: Double) {
    self.title = title
    self.width = width
    self.height = height
  }

  mutating func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double, fill: Colour) {
    shapes.append(.box(x: x, y: y, width: width, height: height, fill: fill))
  }

  mutating func line(
    _ points: [(x: Double, y: Double)], stroke: Colour = Self.grid, width: Double = 1,
    dash: [Double] = []
  ) {
    shapes.append(.line(points, stroke: stroke, width: width, dash: dash))
  }

  mutating func dot(_ x: Double, _ y: Double, radius: Double = 4, fill: Colour = Self.accent) {
    shapes.append(.dot(x: x, y: y, radius: radius, fill: fill))
  }

  /// Writes a line of text, cut where it would be longer than about `longest` points.
  mutating func text(
    _ text: String, _ x: Double, _ y: Double, size: Double = 12, anchor: Anchor = .start,
    fill: Colour = Self.ink, isBold: Bool = false, isTurned: Bool = false, longest: Double = 400
  ) {
    let most = max(1, Int(longest / (0.6 * size)))
    let shown = text.visible
    shapes.append(
      .text(
        shown.count > most ? shown.prefix(max(1, most - 1)) + "…" : shown, x: x, y: y, size: size,
        anchor: anchor, fill: fill, isBold: isBold, isTurned: isTurned))
  }

  /// The picture as an element of SVG, with attributes alone, which any policy of a page allows.
  var svg: String {
    var parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\""
        + " width=\"\(width.short)\" height=\"\(height.short)\""
        + " viewBox=\"0 0 \(width.short) \(height.short)\" font-family=\"\(Self.font), sans-serif\">",
      "<title>\(title.markup)</title>",
      "<rect width=\"\(width.short)\" height=\"\(height.short)\" fill=\"#ffffff\"/>",
    ]
    parts += shapes.map(Self.svg)
    parts.append("</svg>")
    return parts.joined(separator: "\n")
  }

  private static func svg(_ shape: Shape) -> String {
    switch shape {
    case .box(let x, let y, let width, let height, let fill):
      return "<rect x=\"\(x.short)\" y=\"\(y.short)\" width=\"\(max(0, width).short)\""
        + " height=\"\(max(0, height).short)\" fill=\"\(fill)\"/>"
    case .line(let points, let stroke, let width, let dash):
      let places = points.map { "\($0.x.short),\($0.y.short)" }.joined(separator: " ")
      let dashes = dash.map(\.short).joined(separator: " ")
      return "<polyline points=\"\(places)\" fill=\"none\" stroke=\"\(stroke)\""
        + " stroke-width=\"\(width.short)\""
        + (dash.isEmpty ? "/>" : " stroke-dasharray=\"\(dashes)\"/>")
    case .dot(let x, let y, let radius, let fill):
      return "<circle cx=\"\(x.short)\" cy=\"\(y.short)\" r=\"\(radius.short)\" fill=\"\(fill)\"/>"
    case .text(let text, let x, let y, let size, let anchor, let fill, let isBold, let isTurned):
      return "<text x=\"\(x.short)\" y=\"\(y.short)\" font-size=\"\(size.short)\""
        + " text-anchor=\"\(anchor.rawValue)\" fill=\"\(fill)\""
        + (isBold ? " font-weight=\"bold\"" : "")
        + (isTurned ? " transform=\"rotate(-90 \(x.short) \(y.short))\"" : "")
        + ">\(text.markup)</text>"
    }
  }
}

extension Double {
  /// The number in at most two decimal places.
  var short: String {
    let hundredths = (self * 100).rounded()
    guard hundredths.isFinite, hundredths.magnitude < 1e12 else { return "0" }
    let whole = Int(hundredths.magnitude)
    let sign = hundredths < 0 && whole > 0 ? "-" : ""
    switch whole % 100 {
    case 0: return "\(sign)\(whole / 100)"
    case let rest where rest % 10 == 0: return "\(sign)\(whole / 100).\(rest / 10)"
    case let rest: return "\(sign)\(whole / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
  }
}

extension String {
  /// The text as HTML and XML show it, letter by letter, also inside of quotes.
  var markup: String {
    visible.reduce(into: "") { text, letter in
      switch letter {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      default: text.append(letter)
      }
    }
  }
}
