import FastCGI
import Models
import TestSupport
import Testing
@testable import DrugService

@Suite struct ReportRouteTests {
  @Test func aReportAndItsPlotsAreFilesToTakeAlong() throws {
    try withTemporaryFolder { folder in
      let version = try saveModel(in: folder)
      let service = Service(ServiceSettings(models: folder), logger: silent)
      let report = service.answer("GET", "/models/\(version)/report")
      #expect(report.status == 200)
      #expect(report.header("Content-Type") == "text/html; charset=utf-8")
      #expect(
        report.header("Content-Disposition")
          == "attachment; filename=\"model-\(version).html\"")
      #expect(report.text.contains("Model \(version)"))
      #expect(service.answer("GET", "/models/\(version)/report") == report)
      let plots = "/models/\(version)/plots"
      let drawn = service.answer("GET", "\(plots)/importance.svg")
      #expect(drawn.status == 200 && drawn.header("Content-Type") == "image/svg+xml")
      #expect(drawn.text.hasPrefix("<svg "))
      let picture = service.answer("GET", "\(plots)/curve-1.png")
      #expect(picture.header("Content-Type") == "image/png" && picture.body.first == 0x89)
      for unknown in [
        "/models/0123456789ab/report", "/models/..%2F/report", "\(plots)/none.svg",
        "\(plots)/importance.gif", "\(plots)/.svg", "\(plots)/x", "\(plots)/curve-99.png",
      ] {
        #expect(service.answer("GET", unknown).status == 404, "\(unknown)")
      }
    }
  }
}
