import POSIX

/// The web server's side of the FastCGI protocol (version 1): one connection to a unix socket.
final class FastCGIClient {
  struct Failure: Error { let call: String, reason: Int32 }

  /// What came back for one request.
  struct Answer: Equatable {
    var status: String
    var headers: String
    var body: [UInt8]
  }

  private enum RecordType {
    static let beginRequest: UInt8 = 1
    static let endRequest: UInt8 = 3
    static let parameters: UInt8 = 4
    static let standardInput: UInt8 = 5
    static let standardOutput: UInt8 = 6
  }

  private let descriptor: Int32

  /// - Parameter waits: whether connecting waits when the queue of the socket is full.
  init(_ path: String, waits: Bool = true) throws {
    let kind = SOCK_STREAM.rawValue | (waits ? 0 : SOCK_NONBLOCK.rawValue)
    descriptor = socket(AF_UNIX, Int32(kind), 0)
    guard descriptor >= 0 else { throw Failure(call: "socket", reason: errno) }
    guard Self.connect(descriptor, path) == 0 else { throw Failure(call: "connect", reason: errno) }
  }

  deinit { close(descriptor) }

  /// Sends a request and waits for its answer.
  func ask(
    _ method: String = "POST", _ path: String = "/echo", body: [UInt8] = [],
    statedLength: String? = nil, keep: Bool = true
  ) throws -> Answer {
    try send(Self.request(method, path, body: body, statedLength: statedLength, keep: keep))
    return try answer()
  }

  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure(call: "send", reason: errno) }
      sent += count
    }
  }

  /// Says that no more will come.
  func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Reads the records of one answer up to its end.
  func answer() throws -> Answer {
    var output: [UInt8] = []
    while true {
      let header = try receive(8)
      let content = try receive(Int(header[4]) << 8 | Int(header[5]))
      _ = try receive(Int(header[6]))
      if header[1] == RecordType.standardOutput { output += content }
      if header[1] == RecordType.endRequest { break }
    }
    let end = Array("\r\n\r\n".utf8)
    guard let split = output.indices.first(where: { output[$0...].starts(with: end) }) else {
      throw Failure(call: "answer without headers", reason: 0)
    }
    let headers = String(decoding: output[..<split], as: UTF8.self)
    return Answer(
      status: String(headers.prefix { $0 != "\r\n" }), headers: headers,
      body: Array(output[(split + 4)...]))
  }

  private func receive(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var received = 0
    while received < count {
      let got = bytes.withUnsafeMutableBytes {
        recv(descriptor, $0.baseAddress! + received, count - received, 0)
      }
      guard got > 0 else { throw Failure(call: "recv", reason: got == 0 ? 0 : errno) }
      received += got
    }
    return bytes
  }

  /// How a request is cut into records.
  struct Cut {
    var parameterSize = 65_535
    var inputSize = 65_535
    /// Behind each record that has content.
    var padding = 0
    var beginPadding: [UInt8] = []
  }

  /// The records of a request with the id 1.
  static func request(
    _ method: String = "POST", _ path: String = "/echo", body: [UInt8] = [],
    statedLength: String? = nil, keep: Bool = true, more: [(String, String)] = [],
    cut: Cut = Cut()
  ) -> [UInt8] {
    func length(_ text: String) -> [UInt8] {
      let count = text.utf8.count
      return count < 128 ? [UInt8(count)] : [128, 0, UInt8(count >> 8), UInt8(count & 255)]
    }
    var parameters: [UInt8] = []
    for (name, value) in [
      ("REQUEST_METHOD", method), ("PATH_INFO", path),
      ("CONTENT_LENGTH", statedLength ?? "\(body.count)"),
    ] + more {
      parameters += length(name) + length(value) + name.utf8 + value.utf8
    }
    let padding = [UInt8](repeating: 0xaa, count: cut.padding)
    func stream(_ type: UInt8, _ content: [UInt8], _ size: Int) -> [UInt8] {
      stride(from: 0, to: content.count, by: size).flatMap {
        record(type, content[$0..<min($0 + size, content.count)], padding)
      } + record(type, [])
    }
    return record(
      RecordType.beginRequest, [0, 1, keep ? 1 : 0, 0, 0, 0, 0, 0], cut.beginPadding)
      + stream(RecordType.parameters, parameters, cut.parameterSize)
      + stream(RecordType.standardInput, body, cut.inputSize)
  }

  private static func record(
    _ type: UInt8, _ content: ArraySlice<UInt8>, _ padding: [UInt8] = []
  ) -> [UInt8] {
    let (high, low) = (UInt8(content.count >> 8), UInt8(content.count & 255))
    return [1, type, 0, 1, high, low, UInt8(padding.count), 0] + content + padding
  }

  private static func connect(_ descriptor: Int32, _ path: String) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
