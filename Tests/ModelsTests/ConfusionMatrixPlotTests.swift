import CCairo
@testable import Models
import RandomForest
import Testing

/// A picture decoded by cairo, as rows of 0xRRGGBB.
private struct Picture {
  let width: Int
  let height: Int
  private let pixels: [UInt32]

  init(png: [UInt8]) throws {
    var rest = png[...]
    let surface = withUnsafeMutablePointer(to: &rest) { rest in
      cairo_image_surface_create_from_png_stream(
        { closure, data, length in
          let rest = closure!.assumingMemoryBound(to: ArraySlice<UInt8>.self)
          guard rest.pointee.count >= Int(length) else { return CAIRO_STATUS_READ_ERROR }
          for offset in 0..<Int(length) { data![offset] = rest.pointee.removeFirst() }
          return CAIRO_STATUS_SUCCESS
        }, rest)
    }
    defer { cairo_surface_destroy(surface) }
    try #require(cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS)
    width = Int(cairo_image_surface_get_width(surface))
    height = Int(cairo_image_surface_get_height(surface))
    let stride = Int(cairo_image_surface_get_stride(surface))
    let data = UnsafeRawPointer(try #require(cairo_image_surface_get_data(surface)))
    var pixels: [UInt32] = []
    for y in 0..<height {
      for x in 0..<width {
        pixels.append(data.load(fromByteOffset: y * stride + 4 * x, as: UInt32.self) & 0xffffff)
      }
    }
    self.pixels = pixels
  }

  /// The brightness of a pixel, 0 to 1.
  func brightness(_ x: Int, _ y: Int) -> Double {
    let pixel = pixels[y * width + x]
    let parts = [16, 8, 0].map { (shift: UInt32) in Int(pixel >> shift & 255) }
    return Double(parts.reduce(0, +)) / 765
  }

  /// The share of dark pixels in a part of the picture.
  func ink(_ x: Range<Int>, _ y: Range<Int>) -> Double {
    let dark = y.reduce(0) { sum, y in sum + x.count { brightness($0, y) < 0.5 } }
    return Double(dark) / Double(x.count * y.count)
  }
}

@Test func thePlotIsAPictureOfTheMatrix() throws {
  var matrix = ConfusionMatrix(classes: ["DrugY", "drugA", "drugB"])
  matrix.add(actual: 0, predicted: 0, weight: 20)
  matrix.add(actual: 1, predicted: 1, weight: 5)
  matrix.add(actual: 1, predicted: 2, weight: 5)
  matrix.add(actual: 2, predicted: 0, weight: 3)
  let picture = try Picture(png: ConfusionMatrixPlot(matrix, subtitle: "three drugs").png())

  // Two pixels a point; cells of 104 points begin at (128, 118).
  #expect(picture.width == 2 * (128 + 3 * 104 + 116))
  #expect(picture.height == 2 * (118 + 3 * 104 + 84))
  func cell(_ actual: Int, _ predicted: Int) -> Double {
    // Near a corner of the cell, where no text stands.
    picture.brightness(2 * (128 + 104 * predicted + 12), 2 * (118 + 104 * actual + 12))
  }
  let (all, half, none) = (cell(0, 0), cell(1, 1), cell(0, 1))
  #expect(all < half && half < none)
  #expect(cell(1, 2) == half)
  #expect(cell(2, 0) == all)
  #expect([cell(0, 2), cell(1, 0), cell(2, 1), cell(2, 2)].allSatisfy { $0 == none })
  #expect(picture.brightness(2, 2) == 1)
  // The title, the subtitle, a class name on each side and the legend are written.
  for (x, y) in [
    (256..<700, 40..<100), (256..<500, 104..<136), (140..<240, 300..<360), (300..<430, 880..<930),
    (910..<1080, 160..<216),
  ] {
    #expect(picture.ink(x, y) > 0.01)
  }
}

@Test func largeNumbersStayInTheirPlaces() throws {
  var matrix = ConfusionMatrix(classes: ["a", "b"])
  matrix.add(actual: 0, predicted: 0, weight: 900_000_000_000_000)
  matrix.add(actual: 0, predicted: 1, weight: 9_000_000_000_000)
  let picture = try Picture(png: ConfusionMatrixPlot(matrix, subtitle: "a large table").png())
  // The light cell at the upper right holds dark ink, but none near its sides.
  let (left, right, top) = (2 * (128 + 104), 2 * (128 + 208), 2 * 118)
  #expect(picture.ink(left + 10..<right - 10, top + 20..<top + 180) > 0.01)
  #expect(picture.ink(left + 4..<left + 10, top + 4..<top + 200) == 0)
  #expect(picture.ink(right - 10..<right - 4, top + 4..<top + 200) == 0)
  // The title ends inside of the picture, the support does not touch its label.
  #expect(picture.ink(picture.width - 16..<picture.width, 0..<picture.height) == 0)
  #expect(picture.ink(77..<83, top..<top + 416) == 0)
}

@Test func aMatrixWithoutSamplesCanBeDrawn() throws {
  let matrix = ConfusionMatrix(classes: ["a", "b"])
  let picture = try Picture(png: ConfusionMatrixPlot(matrix, subtitle: "").png())
  #expect(picture.width == 2 * (128 + 2 * 104 + 116))
}
