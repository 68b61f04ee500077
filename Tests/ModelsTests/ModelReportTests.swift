import Foundation
import Patients
import RandomForest
import TestSupport
import Testing
@testable import Models

@Suite struct ModelReportTests {
  /// A small model of drug200, saved, and what is known of it.
  private func withModel(
    _ body: (ModelDetails, DrugModel, ModelInspection) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let version = try saveModel(in: folder)
      let registry = ModelRegistry(root: folder)
      try body(
        registry.details(of: version), registry.load(version),
        try #require(registry.inspection(of: version)))
    }
  }

  @Test func theReportIsOnePageThatNeedsNothingElse() throws {
    try withModel { details, model, inspection in
      let report = ModelReport(details, of: model, inspection)
      let html = report.html
      #expect(html.hasPrefix("<!doctype html>\n") && html.hasSuffix("</html>\n"))
      #expect(html.contains("default-src 'none'; style-src 'unsafe-inline'"))
      for outside in ["<script", "src=", "href=", "@import", "url(", " on", "http:"] {
        let found = html.replacing("http://www.w3.org/2000/svg", with: "").ranges(of: outside)
        // ` on` begins words of the text, and attributes that call scripts.
        if outside == " on" {
          #expect(!html.contains(#/\s+on[a-z]+\s*=/#))
        } else {
          #expect(found.isEmpty, "\(outside)")
        }
      }
      for part in ["On the patients held out", "Making it again", details.card.modelVersion] {
        #expect(html.contains(part), "\(part)")
      }
      #expect(html.ranges(of: "<svg ").count == report.plots.all.count)
    }
  }

  @Test func everyPlotIsSVGThatParsesAndAPicture() throws {
    try withModel { details, model, inspection in
      let plots = ModelPlots(of: model, inspection).all
      #expect(
        plots.map(\.name).filter { !$0.hasPrefix("curve-") } == [
          "confusion-matrix", "reliability", "groups", "importance",
        ])
      #expect(plots.count(where: { $0.name.hasPrefix("curve-") }) == details.schema.inputs.count)
      for plot in plots {
        #expect(plot.svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\""))
        #expect(plot.svg.hasSuffix("</svg>"))
        #expect(plot.svg.ranges(of: "<text").count == plot.svg.ranges(of: "</text>").count)
        #expect(!plot.svg.contains("nan") && !plot.svg.contains("inf"))
        let picture = try plot.png()
        #expect(Array(picture.prefix(4)) == [0x89, 0x50, 0x4e, 0x47])
      }
    }
  }

  @Test func ofAnImportedModelIsToldWhatIsKnown() throws {
    try withTemporaryFolder { folder in
      let version = try saveImportedModel(in: folder)
      let registry = ModelRegistry(root: folder)
      let report = ModelReport(
        try registry.details(of: version), of: try registry.load(version),
        registry.inspection(of: version))
      #expect(report.plots.all.isEmpty && !report.html.contains("<svg"))
      #expect(report.html.contains("None are known: the model was not trained here."))
    }
  }

  @Test func theCurvesAreThoseOfItsPage() throws {
    try withModel { details, model, inspection in
      let curves = ResponseCurves(inspection, of: model).curves
      #expect(curves.map(\.field) == model.forest.schema.inputs.map(\.feature.name))
      for curve in curves {
        let page = try #require(inspection.curves.first { $0.name == curve.field })
        #expect(curve.means == page.means.flatMap(\.self))
      }
      let report = ModelReport(details, of: model, inspection)
      #expect(report.html.contains("of 60 held-out patients; promised were 95%, and"))
      #expect(ModelPlots(of: model, nil).all.allSatisfy { !$0.name.hasPrefix("curve-") })
    }
  }

  /// A file that says it is of this model may be anybody's.
  @Test func curvesThatDoNotFitTheModelAreLeftOut() throws {
    try withModel { _, model, inspection in
      let text = String(decoding: try RegistryJSON.encode(inspection), as: UTF8.self)
      for (from, to) in [
        ("\"drugs\" : [", "\"drugs\" : [\"other\","), ("\"LOW\"", "\"lower\""),
        ("\"Age\"", "\"Height\""),
      ] {
        let other = try RegistryJSON.decode(
          ModelInspection.self, from: Data(text.replacing(from, with: to).utf8), of: "")
        #expect(ResponseCurves(other, of: model).curves.count < inspection.curves.count, "\(from)")
      }
    }
  }

  @Test func whateverStandsInAFileIsShownLetterByLetter() {
    let wild = "<b a=\"1\" b='2'>&\u{202e}\u{1b}[31m"
    #expect(wild.markup == "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;\u{fffd}\u{fffd}[31m")
    var drawing = Drawing(wild, width: 10, height: 10)
    drawing.text(wild, 0, 0)
    #expect(!drawing.svg.contains("<b") && !drawing.svg.contains("\u{1b}"))
    drawing.text(String(repeating: "x", count: 500), 0, 0, size: 10, longest: 60)
    #expect(drawing.svg.contains(">xxxxxxxxx…<"))
  }

  @Test(
    arguments: [
      (0, "0"), (-0.001, "0"), (1, "1"), (0.5, "0.5"), (-12.345, "-12.35"), (0.05, "0.05"),
      (.nan, "0"), (.infinity, "0"),
    ] as [(Double, String)])
  func numbersOfAPictureHaveTwoPlacesAtMost(_ number: Double, _ text: String) {
    #expect(number.short == text)
  }

  @Test(arguments: [0...1, 15...74, 6.27...38.25, 0...100_000, 5...5.001] as [ClosedRange<Double>])
  func anAxisHasAFewRoundNumbersInsideOfIt(_ range: ClosedRange<Double>) {
    var frame = Frame(x: 0, y: 0, width: 100, height: 100)
    frame.horizontal = range
    #expect(2...13 ~= frame.steps.count && frame.steps.allSatisfy(range.contains))
  }
}
