import POSIX

/// Whoever takes spans: OTLP over HTTP, without TLS.
struct Collector: Sendable {
  /// What became of spans that were sent.
  enum Answer: Equatable {
    case taken
    /// They may be sent again, best after so many seconds.
    case unavailable(String, after: Int?)
    /// They will never be taken.
    case refused(String)
  }

  /// As the address names it.
  let authority: String
  let host: String
  let port: String
  /// The path, and what stands behind a question mark.
  let target: String
  private let head: [UInt8]

  /// - Parameters:
  ///   - variable: what the address comes from, for errors.
  ///   - path: what is added to the address.
  init(
    _ address: String, of variable: String, adding path: String = "",
    headers: [(name: String, value: String)]
  ) throws(TracingError) {
    func wrong(_ words: String) -> TracingError {
      TracingError(description: "\(variable) \(words)")
    }
    guard !address.hasPrefix("https://") else {
      throw wrong(
        "begins with https, which is not spoken here: name a collector of this machine or network, as "
          + "http://127.0.0.1:4318, and let that one go on with TLS")
    }
    guard address.hasPrefix("http://"), address.utf8.allSatisfy({ 0x21...0x7e ~= $0 }),
      !address.contains("#")
    else { throw wrong("is no address as http://127.0.0.1:4318") }
    let rest = address.dropFirst("http://".count)
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let authority = rest[..<end]
    guard !authority.contains("@") else {
      throw wrong("holds a name or a password: set OTEL_EXPORTER_OTLP_HEADERS instead")
    }
    self.authority = String(authority)
    let colon = authority.lastIndex(of: ":").flatMap {
      authority[$0...].contains("]") ? nil : $0
    }
    let name = authority[..<(colon ?? authority.endIndex)]
    host = String(name.hasPrefix("[") && name.hasSuffix("]") ? name.dropFirst().dropLast() : name)
    port = colon.map { String(authority[authority.index(after: $0)...]) } ?? "80"
    guard !host.isEmpty, let number = UInt16(port), number > 0 else {
      throw wrong("is no address as http://127.0.0.1:4318")
    }
    var target = String(rest[end...])
    if !path.isEmpty {
      while target.hasSuffix("/") { target.removeLast() }
      target += path
    }
    self.target = target.hasPrefix("/") ? target : "/\(target)"
    let lines = [
      "POST \(self.target) HTTP/1.1", "Host: \(authority)",
      "Content-Type: application/x-protobuf", "User-Agent: drug-classifier", "Connection: close",
    ]
    head = Array(
      (lines + headers.map { "\($0.name): \($0.value)" }).joined(separator: "\r\n").utf8)
  }

  /// Whether a header can be sent as it is.
  static func isHeader(_ name: String, _ value: String) -> Bool {
    name.utf8.allSatisfy { 0x21...0x7e ~= $0 && $0 != UInt8(ascii: ":") }
      && value.utf8.allSatisfy { 0x20...0x7e ~= $0 }
  }

  /// Sends spans, and waits for the answer while there is time.
  ///
  /// - Parameter time: the milliseconds that are left; asked again and again.
  func send(_ spans: [UInt8], time: () -> Int) -> Answer {
    let request = head + Array("\r\nContent-Length: \(spans.count)\r\n\r\n".utf8) + spans
    do throws(SystemError) {
      return Self.answer(try Connection.exchange(request, with: host, port, time: time))
    } catch {
      return .unavailable("\(error)", after: nil)
    }
  }

  static func answer(_ bytes: [UInt8]) -> Answer {
    let head = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n\r\n").first ?? ""
    let lines = head.split(separator: "\r\n")
    guard let first = lines.first, first.hasPrefix("HTTP/1."),
      let status = Int(first.dropFirst("HTTP/1.1 ".count).prefix(3))
    else { return .unavailable("no answer of HTTP", after: nil) }
    switch status {
    case 200..<300: return .taken
    // Those that may be tried again (OTLP 1.5, OTLP/HTTP response).
    case 429, 502, 503, 504:
      let name = "retry-after:"
      let told = lines.first { $0.lowercased().hasPrefix(name) }
      let seconds = told.flatMap { Int($0.dropFirst(name.count).drop { $0 == " " }) }
      return .unavailable("status \(status)", after: seconds.map { max(0, $0) })
    default: return .refused("status \(status)")
    }
  }
}
