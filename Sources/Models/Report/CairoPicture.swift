import CCairo

/// Pictures that cairo draws.
enum CairoPicture {
  /// Draws on white, at two pixels a point, and gives the bytes of a PNG file.
  ///
  /// - Parameter title: what is drawn, for the error.
  /// - Throws: `RegistryError` when cairo cannot draw.
  static func png(
    width: Double, height: Double, of title: String, _ draw: (_ context: OpaquePointer) -> Void
  ) throws(RegistryError) -> [UInt8] {
    let surface = cairo_image_surface_create(
      CAIRO_FORMAT_RGB24, Int32(2 * width), Int32(2 * height))
    defer { cairo_surface_destroy(surface) }
    let context = cairo_create(surface)
    defer { cairo_destroy(context) }
    guard let context, cairo_status(context) == CAIRO_STATUS_SUCCESS else {
      throw RegistryError(description: "cairo cannot draw \(title)")
    }
    cairo_scale(context, 2, 2)
    cairo_set_source_rgb(context, 1, 1, 1)
    cairo_paint(context)
    draw(context)
    var bytes: [UInt8] = []
    let status = withUnsafeMutablePointer(to: &bytes) { bytes in
      cairo_surface_write_to_png_stream(
        surface,
        { closure, data, length in
          closure!.assumingMemoryBound(to: [UInt8].self).pointee
            .append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
          return CAIRO_STATUS_SUCCESS
        }, bytes)
    }
    guard status == CAIRO_STATUS_SUCCESS else {
      throw RegistryError(description: String(cString: cairo_status_to_string(status)))
    }
    return bytes
  }
}
