import CCairo
import Patients

extension Drawing {
  /// The picture at two pixels a point, as the bytes of a PNG file.
  ///
  /// - Throws: `RegistryError` when cairo cannot draw.
  func png() throws(RegistryError) -> [UInt8] {
    try CairoPicture.png(width: width, height: height, of: "“\(title)”") { context in
      for shape in shapes { Self.draw(shape, context) }
    }
  }

  private static func draw(_ shape: Shape, _ context: OpaquePointer) {
    switch shape {
    case .box(let x, let y, let width, let height, let fill):
      set(fill, context)
      cairo_rectangle(context, x, y, max(0, width), max(0, height))
      cairo_fill(context)
    case .line(let points, let stroke, let width, let dash):
      set(stroke, context)
      cairo_set_line_width(context, width)
      cairo_set_dash(context, dash, Int32(dash.count), 0)
      for (place, point) in points.enumerated() {
        place == 0
          ? cairo_move_to(context, point.x, point.y) : cairo_line_to(context, point.x, point.y)
      }
      cairo_stroke(context)
    case .dot(let x, let y, let radius, let fill):
      set(fill, context)
      cairo_new_sub_path(context)
      cairo_arc(context, x, y, radius, 0, 2 * .pi)
      cairo_fill(context)
    case .text(let text, let x, let y, let size, let anchor, let fill, let isBold, let isTurned):
      set(fill, context)
      cairo_select_font_face(
        context, font, CAIRO_FONT_SLANT_NORMAL,
        isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
      cairo_set_font_size(context, size)
      var extents = cairo_text_extents_t()
      cairo_text_extents(context, text, &extents)
      let shift = [.start: 0, .middle: 0.5, .end: 1][anchor]! * extents.x_advance
      cairo_save(context)
      cairo_translate(context, x, y)
      if isTurned { cairo_rotate(context, -.pi / 2) }
      cairo_move_to(context, -shift, 0)
      cairo_show_text(context, text)
      cairo_restore(context)
    }
  }

  private static func set(_ colour: Colour, _ context: OpaquePointer) {
    let value = Int(colour.dropFirst(), radix: 16) ?? 0
    func part(_ shift: Int) -> Double { Double(value >> shift & 255) / 255 }
    cairo_set_source_rgb(context, part(16), part(8), part(0))
  }
}
