import FastCGI
import Patients

extension Request {
  /// The longest body that is read into memory, in bytes.
  static let maximumBodySize = 65_536

  /// The body as JSON.
  ///
  /// - Throws: `ServiceError` when it is of another type, packed, too large, broken off or no JSON.
  func json(_ budget: JSONBudget = .few) throws(ServiceError) -> JSONValue {
    guard ContentType(head).isJSON else { throw .unsupportedMediaType(.json) }
    try requirePlain()
    switch body {
    case .tooLarge: throw .bodyTooLarge(limit: Self.maximumBodySize)
    case .broken, .stream: throw .brokenBody
    case .whole(let bytes): return try JSONValue(body: bytes, budget)
    }
  }

  /// The body as a stream.
  ///
  /// - Throws: `ServiceError` when it is packed, or no stream.
  var stream: BodyStream {
    get throws(ServiceError) {
      try requirePlain()
      guard case .stream(let stream) = body else { throw .brokenBody }
      return stream
    }
  }

  private func requirePlain() throws(ServiceError) {
    guard head.contentEncoding.isEmpty || head.contentEncoding.lowercased() == "identity" else {
      throw .packedBody
    }
  }
}

extension JSONValue {
  /// Reads a whole body.
  ///
  /// - Throws: `ServiceError.malformed`.
  init(body bytes: [UInt8], _ budget: JSONBudget = .few) throws(ServiceError) {
    do throws(JSONError) {
      self = try JSONParser.parse(bytes, budget)
    } catch {
      throw .malformed(error)
    }
  }
}

extension BodyStream {
  /// The body, read whole.
  ///
  /// - Throws: `ServiceError` when it is longer than the limit or broken off.
  func whole(limit: Int) throws(ServiceError) -> [UInt8] {
    var bytes: [UInt8] = []
    try forEachPiece { piece throws(ServiceError) in
      bytes += piece
      if bytes.count > limit { throw ServiceError.bodyTooLarge(limit: limit) }
    }
    guard !isBroken else { throw .brokenBody }
    return bytes
  }
}
