import Accounts
import FastCGI
import Logging
import Models
import Patients
import Records

/// What people call versions and note of them. Everybody may read it with the models; who wrote it stands in the
/// audit log.
struct LabelRoutes: RouteGroup {
  static let routes = [
    Route<Self>("PUT", "/models/{version}/labels", lane: .work, keepLabels),
    Route("PUT", "/models/{version}/aliases/{alias}", lane: .work, setAlias),
    Route("DELETE", "/models/{version}/aliases/{alias}", lane: .work, removeAlias),
  ]

  let versions: VersionStore
  let registry: ModelRegistry
  let administrators: Administrators
  let logger: Logger

  /// PUT /models/{version}/labels: tags and a note, in place of those that a version has.
  func keepLabels(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    try change("labels", request, trace) { request, version, act throws(ServiceError) in
      var reader = try MemberReader(try request.json(), names: ["tags", "note"])
      let tags = reader.texts("tags")
      let note = reader.text("note", allowed: "a text", orNull: true) { _ in true }
      try reader.finish()
      _ = try keep {
        try registry.remark(on: version) {
          $0 = tags
          $1 = note == "" ? nil : note
        }
      }
      let words = tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      let detail = (words + [note ?? ""]).filter { !$0.isEmpty }.joined(separator: ", ")
      act.detail = String(detail.prefix(300))
    }
  }

  /// PUT /models/{version}/aliases/{alias}: lets a name stand for a version, in place of the one that had it.
  func setAlias(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    try change("alias", request, trace) { _, version, act throws(ServiceError) in
      let alias = trace.pathPart("{alias}")
      let previous = try keep { try registry.setAlias(alias, to: version).previous }
      act.detail = alias + (previous.map { ", instead of \($0)" } ?? "")
    }
  }

  /// DELETE /models/{version}/aliases/{alias}: takes a name away from the version that has it.
  func removeAlias(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    try change("alias", request, trace) { _, version, act throws(ServiceError) in
      let alias = trace.pathPart("{alias}")
      _ = try keep { try registry.removeAlias(alias, of: version) }
      act.detail = "without \(alias)"
    }
  }

  /// Changes something of a version, and tells its labels.
  private func change(
    _ action: String, _ request: borrowing Request, _ trace: RequestTrace,
    _ body: (borrowing Request, _ version: String, inout AuditAct) throws(ServiceError) -> Void
  ) throws(ServiceError) -> Outcome {
    let version = try administrators.audited(
      action, request, as: .engineer, subject: trace.pathPart("{version}")
    ) { (request, act) throws(ServiceError) in
      let version = try versions.version(trace)
      act.subject = version
      try body(request, version, &act)
      return version
    }
    return Outcome(try Response(encoding: Labels(version, registry.allLabels()[version])))
  }

  private func keep<Value>(_ change: () throws -> Value) throws(ServiceError) -> Value {
    do {
      return try change()
    } catch let error as RegistryError {
      switch error.code {
      case .unknownVersion: throw .administration(.unknown(.model))
      case .unknownAlias: throw .administration(.unknown(.alias))
      case .label: throw .administration(.labelRefused(reason: error.description))
      default:
        logger.error("labels not readable", metadata: ["reason": "\(error)"])
        throw .administration(.labelsNotReadable)
      }
    } catch {
      logger.error("labels not kept", metadata: ["reason": "\(error)"])
      throw .administration(.cannotStore)
    }
  }

  private struct Labels: Encodable {
    let version: String
    let aliases: [String]
    let tags: [String: String]
    let note: String?

    init(_ version: String, _ labels: VersionLabels) {
      self.version = version
      (aliases, tags, note) = (labels.aliases, labels.tags, labels.note)
    }

    private enum CodingKeys: String, CodingKey {
      case version, aliases, tags, note
    }

    /// Writes every key, null for what there is none of.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(version, forKey: .version)
      try container.encode(aliases, forKey: .aliases)
      try container.encode(tags, forKey: .tags)
      try container.encode(note, forKey: .note)
    }
  }
}

/// The addresses of a version's files by an alias: they lead to those of the version, which the web server answers
/// by itself, and which never change.
struct FileRoutes: RouteGroup {
  static let routes = [
    "forest.rf", "card.json", "inspection.json", "confusion_matrix.png", "SHA256SUMS", "signature",
  ].map { file in Route<Self>("GET", "/models/{version}/\(file)", Self.file) }

  let versions: VersionStore

  func file(_: borrowing Request, _ trace: RequestTrace) throws(ServiceError) -> Outcome {
    let version = try versions.version(trace)
    // Of a version itself the web server has looked, and found nothing.
    guard version != trace.pathPart("{version}") else { throw .notFound }
    return Outcome(
      Response(
        status: 307,
        headers: [
          ("Location", "/models/\(version)/\(trace.pathPart(3))"), ("Cache-Control", "no-store"),
        ], body: []))
  }
}
