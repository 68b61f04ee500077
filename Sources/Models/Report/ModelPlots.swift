import Patients
public import RandomForest

/// The plots of a model's report, each under a name of its own.
public struct ModelPlots: Sendable {
  /// One plot.
  public struct Plot: Sendable {
    /// The name: `confusion-matrix`, `reliability`, `importance`, `groups`, or `curve-` and the field's place
    /// from 1.
    public let name: String
    /// What it shows, in a sentence.
    public var title: String { drawing.title }
    let drawing: Drawing

    /// The picture as SVG.
    public var svg: String { drawing.svg }

    /// The picture as the bytes of a PNG file.
    ///
    /// - Throws: `RegistryError` when cairo cannot draw.
    public func png() throws(RegistryError) -> [UInt8] { try drawing.png() }
  }

  /// All that can be drawn of the model.
  public let all: [Plot]

  /// The colours of drugs, those of the pages, which come again behind the fifth with another dash.
  static let colours = ["#0b6b5d", "#cc7200", "#944abc", "#143015", "#5e0682"]
  static let dashes: [[Double]] = [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2]]

  /// The plot of a name; nil for none.
  public subscript(name: String) -> Plot? { all.first { $0.name == name } }

  /// Draws the plots of a model.
  ///
  /// - Parameter inspection: the version's; nil where it has none, and then there are no curves.
  public init(of model: DrugModel, _ inspection: ModelInspection?) {
    var plots: [Plot] = []
    if let evaluation = model.evaluation {
      plots.append(Plot(name: "confusion-matrix", drawing: Self.matrix(evaluation)))
      if let bins = evaluation.reliability, !bins.isEmpty {
        plots.append(Plot(name: "reliability", drawing: Self.reliability(bins)))
      }
      if let groups = evaluation.byGroup, !groups.isEmpty {
        plots.append(
          Plot(name: "groups", drawing: Self.groups(groups, model.schema.group?.title ?? "group")))
      }
    }
    if let importances = model.card.importances {
      plots.append(Plot(name: "importance", drawing: Self.importance(importances, model.schema)))
    }
    if let inspection {
      for (place, curve) in ResponseCurves(inspection, of: model).curves.enumerated() {
        plots.append(Plot(name: "curve-\(place + 1)", drawing: Self.curve(curve, of: model)))
      }
    }
    all = plots
  }

  private static func matrix(_ evaluation: EvaluationReport) -> Drawing {
    let classes = evaluation.classes
    let cell = min(84, 12 * 84 / Double(max(1, classes.count)))
    let (left, top) = (120.0, 60.0)
    let side = cell * Double(classes.count)
    var drawing = Drawing(
      "Confusion matrix of \(evaluation.samples.grouped) held-out patients",
      width: left + side + 24, height: top + side + 24)
    drawing.text(
      "recommended →", left, 20, size: 11, fill: Drawing.quiet)
    drawing.text("given ↓", left - 10, 44, size: 11, anchor: .end, fill: Drawing.quiet)
    for (place, name) in classes.enumerated() {
      let middle = (Double(place) + 0.5) * cell
      let size = min(12, cell / 3)
      drawing.text(
        name, left + middle, top - 12, size: size, anchor: .middle, longest: cell)
      drawing.text(name, left - 10, top + middle + 4, size: size, anchor: .end, longest: left - 20)
    }
    for (actual, counts) in evaluation.confusionMatrix.enumerated() {
      let sum = counts.reduce(0, +)
      for (predicted, count) in counts.enumerated() {
        let share = sum == 0 ? 0 : Double(count) / Double(sum)
        let (x, y) = (left + Double(predicted) * cell, top + Double(actual) * cell)
        drawing.box(x + 1, y + 1, cell - 2, cell - 2, fill: shade(share))
        guard cell >= 24 else { continue }
        drawing.text(
          count.grouped, x + cell / 2, y + cell / 2 + 5, size: min(15, cell / 2.5), anchor: .middle,
          fill: share > 0.55 ? "#ffffff" : Drawing.ink, isBold: count > 0)
      }
    }
    return drawing
  }

  /// From near white to the accent.
  private static func shade(_ share: Double) -> Drawing.Colour {
    func mix(_ light: Double, _ dark: Double) -> String {
      let value = Int((light + (dark - light) * min(1, max(0, share))).rounded())
      return (value < 16 ? "0" : "") + String(value, radix: 16)
    }
    return "#" + mix(0xec, 0x0b) + mix(0xf1, 0x6b) + mix(0xf0, 0x5d)
  }

  private static func reliability(_ bins: [EvaluationReport.ReliabilityBin]) -> Drawing {
    var drawing = Drawing(
      "How often the answer was right against how sure it was of itself", width: 420, height: 400)
    let frame = Frame(x: 56, y: 20, width: 340, height: 320)
    frame.draw(
      &drawing, ticks: [0, 0.25, 0.5, 0.75, 1], "confidence", "share that was right")
    drawing.line(
      [(frame.x(0), frame.y(0)), (frame.x(1), frame.y(1))], stroke: Drawing.quiet, dash: [4, 4])
    for bin in bins where bin.samples > 0 {
      let interval = Proportion.interval(of: bin.accuracy, total: bin.samples)
      let x = frame.x(bin.confidence)
      drawing.line(
        [(x, frame.y(interval.lowerBound)), (x, frame.y(interval.upperBound))],
        stroke: Drawing.accent, width: 1.5)
      drawing.dot(x, frame.y(bin.accuracy))
      drawing.text(
        "n = \(bin.samples.grouped)", x - 8, frame.y(bin.accuracy) + 16, size: 10, anchor: .end,
        fill: Drawing.quiet)
    }
    return drawing
  }

  private static func groups(
    _ groups: [String: EvaluationReport.Part], _ title: String
  ) -> Drawing {
    let sorted = groups.sorted { $0.key < $1.key }
    var drawing = Drawing(
      "Accuracy by \(title), with 95% intervals", width: 520,
      height: 60 + 30 * Double(sorted.count))
    let (left, width) = (160.0, 230.0)
    for share in [0, 0.5, 1] {
      let x = left + width * share
      drawing.line([(x, 12), (x, 26 + 30 * Double(sorted.count))])
      drawing.text(
        "\(Int(share * 100))%", x, 42 + 30 * Double(sorted.count), size: 11, anchor: .middle,
        fill: Drawing.quiet)
    }
    for (place, (name, part)) in sorted.enumerated() {
      let y = 28 + 30 * Double(place)
      drawing.text(name, left - 12, y + 4, anchor: .end, longest: left - 20)
      drawing.line(
        part.interval.map { (left + width * $0, y) }, stroke: Drawing.accent, width: 2)
      drawing.dot(left + width * part.accuracy, y)
      drawing.text(
        "\(part.correct.grouped) of \(part.samples.grouped)", left + width + 14, y + 4, size: 11,
        fill: Drawing.quiet)
    }
    return drawing
  }

  private static func importance(
    _ importances: [String: Double], _ schema: PatientSchema
  ) -> Drawing {
    let sorted = importances.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    var drawing = Drawing(
      "How much each measurement took part in the trees' questions", width: 520,
      height: 20 + 26 * Double(sorted.count))
    for (place, (name, share)) in sorted.enumerated() {
      let y = 12 + 26 * Double(place)
      drawing.text(
        schema.field(name)?.title ?? name, 188, y + 13, anchor: .end, longest: 180)
      drawing.box(200, y, 240 * max(0, min(1, share)), 18, fill: Drawing.accent)
      drawing.text(
        "\((share * 100).short)%", 208 + 240 * max(0, min(1, share)), y + 13, size: 11,
        fill: Drawing.quiet)
    }
    return drawing
  }

  private static func curve(_ curve: ResponseCurves.Curve, of model: DrugModel) -> Drawing {
    let field = model.schema.field(curve.field)
    let title = field?.title ?? curve.field
    let drugs = model.drugs
    let unit = field?.description.unit.map { ", \($0)" } ?? ""
    let levels = model.forest.schema.inputs.first { $0.feature.name == curve.field }
      .flatMap { encoded -> [String]? in
        if case .categorical(let levels) = encoded.feature.kind { levels } else { nil }
      }
    let shown = min(drugs.count, 20)
    var drawing = Drawing(
      "Mean probability of each drug against \(title)", width: 600,
      height: max(330, 60 + 20 * Double(shown)))
    var frame = Frame(x: 56, y: 20, width: 380, height: 240)
    if let levels {
      frame.horizontal = -0.5...max(0.5, Double(levels.count) - 0.5)
    } else if let first = curve.grid.first, let last = curve.grid.last, last > first {
      frame.horizontal = first...last
    } else {
      frame.horizontal = (curve.grid[0] - 1)...(curve.grid[0] + 1)
    }
    frame.draw(
      &drawing, ticks: levels == nil ? frame.steps : [], verticalTicks: [0, 0.25, 0.5, 0.75, 1],
      "\(title)\(unit)", "mean probability")
    for (place, level) in (levels ?? []).enumerated() {
      let room = frame.width / Double(max(1, levels!.count))
      drawing.text(
        level, frame.x(Double(place)), frame.y + frame.height + 18, size: 11, anchor: .middle,
        fill: Drawing.quiet, longest: room)
    }
    if levels == nil { rug(curve.distribution, frame, &drawing) }
    for label in drugs.indices.prefix(shown) {
      let points = curve.grid.indices.map { point in
        (
          x: frame.x(curve.grid[point]),
          y: frame.y(curve.means[point * drugs.count + label])
        )
      }
      let colour = colours[label % colours.count]
      let dash = dashes[(label / colours.count + label) % dashes.count]
      if levels == nil {
        drawing.line(points, stroke: colour, width: 2, dash: dash)
      } else {
        // Beside each other, where they would lie on one another.
        let shift = (Double(label) - Double(shown - 1) / 2) * min(9, 60 / Double(shown))
        for point in points {
          drawing.line(
            [(point.x + shift, frame.y(0)), (point.x + shift, point.y)], stroke: colour, width: 2)
          drawing.dot(point.x + shift, point.y, fill: colour)
        }
      }
      let y = 32 + 20 * Double(label)
      drawing.line(
        [(452, y), (476, y)], stroke: colour, width: 2.5, dash: levels == nil ? dash : [])
      drawing.text(drugs[label], 484, y + 4, size: 11, longest: 110)
    }
    if drugs.count > shown {
      drawing.text(
        "and \(drugs.count - shown) more", 484, 36 + 20 * Double(shown), size: 11,
        fill: Drawing.quiet)
    }
    return drawing
  }

  /// How often the values occurred in training, as bars at the foot.
  private static func rug(
    _ found: ValueCounts, _ frame: Frame, _ drawing: inout Drawing
  ) {
    let bins = 30
    var counts = [Int](repeating: 0, count: bins)
    let range = frame.horizontal
    for (value, count) in zip(found.values, found.counts) {
      let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
      counts[min(bins - 1, max(0, Int(share * Double(bins))))] += count
    }
    let most = Double(counts.max() ?? 1)
    let width = frame.width / Double(bins)
    for (place, count) in counts.enumerated() where count > 0 {
      let height = 36 * Double(count) / most
      drawing.box(
        frame.left + Double(place) * width, frame.y + frame.height - height, width - 1, height,
        fill: "#e3e9e7")
    }
  }
}

/// The axes of a plot.
struct Frame {
  let left: Double
  let y: Double
  let width: Double
  let height: Double
  /// What lies from its left to its right.
  var horizontal: ClosedRange<Double> = 0...1

  init(x: Double, y: Double, width: Double, height: Double) {
    left = x
    self.y = y
    self.width = width
    self.height = height
  }

  func x(_ value: Double) -> Double {
    let span = horizontal.upperBound - horizontal.lowerBound
    return left + width * (value - horizontal.lowerBound) / span
  }

  /// A share, from the foot to the top.
  func y(_ share: Double) -> Double { y + height * (1 - share) }

  /// About five round numbers inside of the horizontal range.
  var steps: [Double] {
    let span = horizontal.upperBound - horizontal.lowerBound
    var step = 1.0
    while step * 6 < span { step *= 10 }
    while step * 6 > span * 10 { step /= 10 }
    for part in [0.2, 0.5] where span / (step * part) <= 7 {
      step *= part
      break
    }
    guard step > 0, span / step < 20 else { return [horizontal.lowerBound, horizontal.upperBound] }
    let first = (horizontal.lowerBound / step).rounded(.up)
    return (0..<20).map { (first + Double($0)) * step }.filter(horizontal.contains)
  }

  func draw(
    _ drawing: inout Drawing, ticks: [Double], verticalTicks: [Double]? = nil,
    _ horizontalTitle: String, _ verticalTitle: String
  ) {
    for share in verticalTicks ?? ticks {
      drawing.line([(left, y(share)), (left + width, y(share))])
      drawing.text(
        share.short, left - 8, y(share) + 4, size: 11, anchor: .end, fill: Drawing.quiet)
    }
    for value in ticks {
      drawing.line([(x(value), y + height), (x(value), y + height + 4)], stroke: Drawing.quiet)
      drawing.text(
        value.short, x(value), y + height + 18, size: 11, anchor: .middle, fill: Drawing.quiet)
    }
    drawing.text(
      horizontalTitle, left + width / 2, y + height + 40, anchor: .middle, isBold: true,
      longest: width)
    drawing.text(
      verticalTitle, 14, y + height / 2, anchor: .middle, isBold: true, isTurned: true,
      longest: height)
  }
}
