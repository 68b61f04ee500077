import Glibc

/// What has arrived on a connection and was not yet read.
enum PendingInput {
  /// Nothing.
  case none
  /// The other side has closed.
  case end
  /// The begin of something.
  case part
  /// A whole request: reading it cannot block.
  case request

  /// The most bytes that are looked at; a longer request counts as a part.
  private static let limit = 4096
  private static let headerSize = 8
  // The types of records (FastCGI 1.0, section 8).
  private static let begin: UInt8 = 1
  private static let parameters: UInt8 = 4
  private static let input: UInt8 = 5

  /// Looks at a connection without reading from it.
  init(on descriptor: Int32) {
    self = withUnsafeTemporaryAllocation(byteCount: Self.limit, alignment: 1) { buffer in
      let flags = Int32(MSG_PEEK | MSG_DONTWAIT)
      let count = recv(descriptor, buffer.baseAddress, buffer.count, flags)
      if count == 0 { return .end }
      guard count > 0 else { return errno == EAGAIN || errno == EINTR ? .none : .end }
      return Self.holdsRequest(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        ? .request : .part
    }
  }

  /// Whether bytes hold the records of one request from its begin to the end of its input.
  private static func holdsRequest(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var start = 0
    while start + headerSize <= bytes.count {
      let type = bytes[start + 1]
      // Whatever else it is, libfcgi may wait for more.
      guard bytes[start] == 1, start == 0 ? type == begin : type == parameters || type == input,
        bytes[start + 2] == bytes[2], bytes[start + 3] == bytes[3]
      else { return false }
      let length = Int(bytes[start + 4]) << 8 | Int(bytes[start + 5])
      let end = start + headerSize + length + Int(bytes[start + 6])
      if start > 0, type == input, length == 0 { return end <= bytes.count }
      start = end
    }
    return false
  }
}
