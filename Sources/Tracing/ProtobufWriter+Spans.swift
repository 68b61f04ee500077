/// Spans as `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest`; the numbers are those of its fields.
extension ProtobufWriter {
  /// - Parameter resource: what tells this process from others.
  init(_ spans: [RequestSpan], of resource: [(name: String, value: String)]) {
    message(1) { resourceSpans in
      resourceSpans.message(1) { writer in
        for (name, value) in resource { writer.attribute(1, name, value) }
      }
      resourceSpans.message(2) { scopeSpans in
        scopeSpans.message(1) { $0.text(1, "drug-classifier") }
        for span in spans {
          scopeSpans.write(span)
          for part in span.parts { scopeSpans.write(part, of: span) }
        }
      }
    }
  }

  private enum Kind: Int {
    case inside = 1
    case server = 2
  }

  private static let errorStatus = 2
  /// The flag of a span that is sampled, and those that tell whether its parent is another program's.
  private static let sampled: UInt32 = 1
  private static let (knowsRemote, isRemote): (UInt32, UInt32) = (0x100, 0x200)
  /// The methods that may be told (OpenTelemetry's conventions for HTTP).
  private static let methods = [
    "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE",
  ]

  private mutating func write(_ span: RequestSpan) {
    guard let ending = span.ending else { return }
    message(2) { writer in
      writer.bytes(1, hexadecimal: span.trace)
      writer.bytes(2, hexadecimal: span.id)
      writer.text(3, span.state)
      if span.parent != 0 { writer.bytes(4, hexadecimal: RequestSpan.hexadecimal(span.parent)) }
      let method = Self.methods.contains(ending.method) ? ending.method : nil
      writer.text(5, [method ?? "HTTP", ending.route].compactMap(\.self).joined(separator: " "))
      writer.number(6, Kind.server.rawValue)
      writer.times(span.start, span.end, of: span)
      writer.attribute(9, "http.request.method", method ?? "_OTHER")
      // The address as it was asked for may name a prediction, and one that there is not anything.
      if let route = ending.route {
        writer.attribute(9, "http.route", route)
        writer.attribute(9, "url.path", route)
      }
      writer.attribute(9, "url.scheme", "http")
      writer.attribute(9, "http.response.status_code", ending.status)
      if let problem = ending.problem { writer.attribute(9, "error.type", problem) }
      if let version = ending.modelVersion {
        writer.attribute(9, "drug_classifier.model_version", version)
      }
      // What a client did wrong is no error of a server.
      if ending.status >= 500 { writer.message(15) { $0.number(3, Self.errorStatus) } }
      writer.fixed32(
        16, Self.sampled | Self.knowsRemote | (span.parent == 0 ? 0 : Self.isRemote))
    }
  }

  private mutating func write(_ part: RequestSpan.Part, of span: RequestSpan) {
    message(2) { writer in
      writer.bytes(1, hexadecimal: span.trace)
      writer.bytes(2, hexadecimal: RequestSpan.hexadecimal(.random(in: 1 ... .max)))
      writer.bytes(4, hexadecimal: span.id)
      writer.text(5, "\(part.name)")
      writer.number(6, Kind.inside.rawValue)
      writer.times(part.start, part.end, of: span)
      writer.fixed32(16, Self.sampled | Self.knowsRemote)
    }
  }

  /// One clock for all of a request, which cannot be set meanwhile.
  private mutating func times(
    _ start: ContinuousClock.Instant, _ end: ContinuousClock.Instant, of span: RequestSpan
  ) {
    func time(_ instant: ContinuousClock.Instant) -> UInt64 {
      let before = (span.end - instant).components
      let nanoseconds = before.seconds * 1_000_000_000 + before.attoseconds / 1_000_000_000
      return UInt64(max(0, span.endTime * 1000 - nanoseconds))
    }
    fixed64(7, time(start))
    fixed64(8, time(end))
  }

  private mutating func attribute(_ field: Int, _ name: String, _ value: String) {
    message(field) { writer in
      writer.text(1, name)
      writer.message(2) { $0.text(1, value) }
    }
  }

  private mutating func attribute(_ field: Int, _ name: String, _ value: Int) {
    message(field) { writer in
      writer.text(1, name)
      writer.message(2) { $0.number(3, value) }
    }
  }
}
