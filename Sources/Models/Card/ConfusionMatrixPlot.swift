import Patients
import CCairo
public import RandomForest

/// A confusion matrix as a picture for a report: one square a pair of classes, shaded by its share
/// of the actual class, with the number of patients and that share.
public struct ConfusionMatrixPlot {
  private let matrix: ConfusionMatrix
  private let subtitle: String

  /// Twelve classes fill the picture; more of them share it.
  private let cell: Double
  private let left = 128.0
  private let top = 118.0
  private let bottom = 84.0
  private let right = 116.0
  private let font = "DejaVu Sans"

  /// Prepares the picture.
  public init(_ matrix: ConfusionMatrix, subtitle: String) {
    self.matrix = matrix
    self.subtitle = subtitle
    cell = min(104, 12 * 104 / Double(matrix.classes.count))
  }

  /// Draws the picture at two pixels a point and gives it as the bytes of a PNG file.
  ///
  /// - Throws: `RegistryError` when cairo cannot draw.
  public func png() throws(RegistryError) -> [UInt8] {
    let side = Double(matrix.classes.count) * cell
    let (width, height) = (left + side + right, top + side + bottom)
    return try CairoPicture.png(width: width, height: height, of: "the confusion matrix") {
      context in
      drawTitles(context, side: side)
      drawCells(context)
      drawScale(context, side: side)
    }
  }

  private func drawTitles(_ context: OpaquePointer, side: Double) {
    let hits = "\(matrix.correct.grouped) of \(matrix.total.grouped) right"
    let percent = Self.percent(matrix.accuracy)
    text(
      context, "Confusion matrix: \(hits) (\(percent))", x: left, y: 40, size: 20,
      width: side + right - 16, bold: true)
    text(context, subtitle, x: left, y: 64, size: 12.5, width: side + right - 16, gray: 0.35)
    text(
      context, "Recommended drug", x: left + side / 2, y: top + side + 62, size: 14, align: 0.5,
      bold: true)
    cairo_save(context)
    cairo_translate(context, 34, top + side / 2)
    cairo_rotate(context, -Double.pi / 2)
    text(context, "Actual drug", x: 0, y: 0, size: 14, align: 0.5, bold: true)
    cairo_restore(context)
    for (index, name) in matrix.classes.enumerated() {
      let center = (Double(index) + 0.5) * cell
      let size = min(14, cell / 2)
      text(
        context, name, x: left + center, y: top + side + 26, size: size,
        width: cell < 104 ? cell - 2 : .infinity, align: 0.5)
      text(context, name, x: left - 14, y: top + center - 1, size: size, align: 1)
      // There is no room for more.
      if cell < 40 { continue }
      text(
        context, "n = \(matrix.support(of: index).grouped)", x: left - 14, y: top + center + 16,
        size: 11, width: left - 56, align: 1, gray: 0.4)
    }
  }

  private func drawCells(_ context: OpaquePointer) {
    for actual in matrix.classes.indices {
      let support = matrix.support(of: actual)
      for predicted in matrix.classes.indices {
        let count = matrix[actual: actual, predicted: predicted]
        let share = support == 0 ? 0 : Double(count) / Double(support)
        let x = left + Double(predicted) * cell
        let y = top + Double(actual) * cell
        fill(context, share)
        cairo_rectangle(context, x + 1, y + 1, cell - 2, cell - 2)
        cairo_fill(context)
        if actual == predicted {
          cairo_set_source_rgb(context, 0.05, 0.15, 0.35)
          cairo_set_line_width(context, 1.5)
          cairo_rectangle(context, x + 1.75, y + 1.75, cell - 3.5, cell - 3.5)
          cairo_stroke(context)
        }
        if cell < 40 { continue }
        let gray = share > 0.55 ? 1.0 : (count == 0 ? 0.6 : 0.1)
        let middle = x + cell / 2
        text(
          context, count.grouped, x: middle, y: y + cell / 2 + (count == 0 ? 7 : 2), size: 22,
          width: cell - 14, align: 0.5, bold: count > 0, gray: gray)
        if count > 0 {
          text(
            context, Self.percent(share), x: middle, y: y + cell / 2 + 22, size: 12, align: 0.5,
            gray: share > 0.55 ? 0.92 : 0.3)
        }
      }
    }
  }

  /// The legend of the shades.
  private func drawScale(_ context: OpaquePointer, side: Double) {
    let x = left + side + 28
    let steps = 100
    for step in 0..<steps {
      fill(context, Double(steps - step) / Double(steps))
      cairo_rectangle(
        context, x, top + side * Double(step) / Double(steps), 16, side / Double(steps) + 0.5)
      cairo_fill(context)
    }
    for (label, share) in [("100%", 0.0), ("50%", 0.5), ("0%", 1.0)] {
      text(context, label, x: x + 24, y: top + side * share + 4, size: 11, gray: 0.35)
    }
    text(context, "share of the", x: x - 8, y: top - 30, size: 11, gray: 0.35)
    text(context, "actual drug", x: x - 8, y: top - 16, size: 11, gray: 0.35)
  }

  /// From near white to a deep blue, which stays readable in gray and to the colour-blind.
  private func fill(_ context: OpaquePointer, _ share: Double) {
    func mix(_ light: Double, _ dark: Double) -> Double { light + (dark - light) * share }
    cairo_set_source_rgb(context, mix(0.945, 0.03), mix(0.957, 0.25), mix(0.975, 0.50))
  }

  /// Writes a line of text, smaller where it would be wider than `width`.
  private func text(
    _ context: OpaquePointer, _ string: String, x: Double, y: Double, size: Double,
    width: Double = .infinity, align: Double = 0, bold: Bool = false, gray: Double = 0.1
  ) {
    cairo_select_font_face(
      context, font, CAIRO_FONT_SLANT_NORMAL,
      bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, size)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, string, &extents)
    if extents.x_advance > width {
      cairo_set_font_size(context, size * width / extents.x_advance)
      cairo_text_extents(context, string, &extents)
    }
    cairo_set_source_rgb(context, gray, gray, gray)
    cairo_move_to(context, x - align * extents.x_advance, y)
    cairo_show_text(context, string)
  }

  private static func percent(_ share: Double) -> String {
    let tenths = Int((share * 1000).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)%" : "\(tenths / 10).\(tenths % 10)%"
  }
}
