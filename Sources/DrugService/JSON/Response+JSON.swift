import FastCGI
import FoundationEssentials
import Patients

extension Response {
  /// A response whose body is JSON; answers are never to be kept by caches.
  init(
    status: Int = 200, type: String = "application/json",
    headers: [(name: String, value: String)] = [], _ write: (inout JSONWriter) -> Void
  ) {
    var writer = JSONWriter()
    write(&writer)
    let own =
      type == "application/json" ? Self.jsonHeaders : [("Content-Type", type), Self.noStore]
    self.init(
      status: status, headers: headers.isEmpty ? own : own + headers, body: writer.bytes)
  }

  /// A response whose body is JSON already.
  init(json: [UInt8]) { self.init(status: 200, headers: Self.jsonHeaders, body: json) }

  /// A response whose body is JSON already and stays the same for long, known by its tag: whoever has it may
  /// keep it and ask whether it is still the same.
  ///
  /// - Parameter known: the value of `If-None-Match`.
  init(json: [UInt8], tag: String, unless known: String?) {
    let quoted = "\"\(tag)\""
    let isKnown =
      known?.split(separator: ",").contains { part in
        let name = part.drop { $0 == " " }
        return name == "*" || name.hasSuffix(quoted)
      } ?? false
    self.init(
      status: isKnown ? 304 : 200,
      headers: [
        ("Content-Type", "application/json"), ("ETag", quoted), ("Cache-Control", "no-cache"),
      ], body: isKnown ? [] : json)
  }

  /// A response whose body is a value's JSON.
  ///
  /// - Parameter inSnakeCase: whether its names are written as in the files of the registry.
  init(encoding value: some Encodable, inSnakeCase: Bool = false) throws(ServiceError) {
    let encoder = JSONEncoder()
    if inSnakeCase { encoder.keyEncodingStrategy = .convertToSnakeCase }
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let body = try? encoder.encode(value) else { throw .damagedModel }
    self.init(json: Array(body))
  }

  private static let noStore = (name: "Cache-Control", value: "no-store")
  /// Made once for all that have no others.
  private static let jsonHeaders = [(name: "Content-Type", value: "application/json"), noStore]

  /// A problem in the form of RFC 9457.
  init(_ problem: Problem, instance: String) {
    self.init(
      status: problem.status, type: "application/problem+json", headers: problem.headers
    ) { writer in
      writer.object { writer in
        writer.name("type")
        writer.string("urn:drug-classifier:problem:\(problem.name)")
        writer.name("title")
        writer.string(problem.title)
        writer.name("status")
        writer.number(problem.status)
        writer.name("detail")
        writer.string(problem.detail)
        writer.name("instance")
        writer.string(instance)
        for (name, value) in problem.members {
          writer.name(name)
          writer.value(value)
        }
        guard !problem.entries.isEmpty else { return }
        writer.name("errors")
        writer.array { writer in
          for entry in problem.entries {
            writer.write(
              pointer: entry.pointer, code: entry.code, detail: entry.detail,
              allowed: entry.allowed, place: entry.place)
          }
        }
      }
    }
  }
}

extension JSONWriter {
  /// Writes one wrong, or remarkable, place of a request.
  mutating func write(
    pointer: String, code: String, detail: String, allowed: String?,
    place: (line: Int, column: String?)? = nil
  ) {
    object { writer in
      if let place {
        writer.name("line")
        writer.number(place.line)
        writer.name("column")
        writer.string(place.column)
      }
      writer.name("pointer")
      writer.string(pointer)
      writer.name("code")
      writer.string(code)
      writer.name("detail")
      writer.string(detail)
      guard let allowed else { return }
      writer.name("allowed")
      writer.string(allowed)
    }
  }
}
