import FastCGI
import Logging
import Models
import POSIX

/// Reports of models, to be taken along.
struct ReportRoutes: RouteGroup {
  static let routes = [
    Route<Self>("GET", "/models/{version}/report", lane: .work, report),
    Route("GET", "/models/{version}/plots/{plot}", lane: .work, plot),
  ]

  let reports: ReportStore
  let versions: VersionStore

  /// GET /models/{version}/report: one file of HTML that needs nothing else.
  func report(_: borrowing Request, _ trace: RequestTrace) throws(ServiceError) -> Outcome {
    let version = try versions.version(trace)
    let report = try reports.report(of: version)
    return Outcome(
      Self.file(
        Array(report.html.utf8), "text/html; charset=utf-8", named: "model-\(version).html"))
  }

  /// GET /models/{version}/plots/{plot}: one of its plots, as `.svg` or `.png`.
  func plot(_: borrowing Request, _ trace: RequestTrace) throws(ServiceError) -> Outcome {
    let (version, file) = (try versions.version(trace), trace.pathPart(4))
    let (name, isPicture) = (String(file.dropLast(4)), file.hasSuffix(".png"))
    guard isPicture || file.hasSuffix(".svg") else { throw .notFound }
    let report = try reports.report(of: version)
    guard let plot = report.plots[name] else { throw .notFound }
    guard isPicture else {
      return Outcome(
        Self.file(Array(plot.svg.utf8), "image/svg+xml", named: "model-\(version)-\(file)"))
    }
    guard let bytes = try? plot.png() else { throw .damagedModel }
    return Outcome(Self.file(bytes, "image/png", named: "model-\(version)-\(file)"))
  }

  /// A file that is kept rather than shown: its styles are its own, and a page of this site has none of that.
  /// Whatever is named in it is a version or one of our names.
  private static func file(_ body: [UInt8], _ type: String, named name: String) -> Response {
    Response(
      status: 200,
      headers: [
        ("Content-Type", type), ("Cache-Control", "no-store"),
        ("Content-Disposition", "attachment; filename=\"\(name)\""),
      ], body: body)
  }
}

/// Reports of versions, which never change: the few that were asked for last are kept.
final class ReportStore: @unchecked Sendable {
  // `@unchecked Sendable` because `lock` protects `kept`.

  private static let capacity = 8

  private let registry: ModelRegistry
  private let logger: Logger
  /// Held while one is made: whoever asks for many has one made at a time.
  private let lock = Lock()
  private var kept: [(version: String, files: FileStatus, report: ModelReport)] = []

  init(of registry: ModelRegistry, logger: Logger) {
    self.registry = registry
    self.logger = logger
  }

  /// The report of a version.
  ///
  /// - Throws: `ServiceError` when there is no such version, or it is damaged.
  func report(of version: String) throws(ServiceError) -> ModelReport {
    guard ModelRegistry.isVersion(version),
      let files = FileStatus(of: "\(registry.folder(of: version))/forest.rf")
    else { throw .administration(.unknown(.model)) }
    let report = lock.whileHeld { () -> ModelReport? in
      if let place = kept.firstIndex(where: { $0.version == version && $0.files == files }) {
        let known = kept.remove(at: place)
        kept.append(known)
        return known.report
      }
      do {
        let made = try ModelReport(
          registry.details(of: version), of: registry.load(version),
          registry.inspection(of: version))
        kept.removeAll { $0.version == version }
        kept.append((version, files, made))
        if kept.count > Self.capacity { kept.removeFirst() }
        return made
      } catch {
        logger.error(
          "report not made", metadata: ["model_version": "\(version)", "reason": "\(error)"])
        return nil
      }
    }
    guard let report else { throw .damagedModel }
    return report
  }
}
