/// Reads request bodies up to a limit, and always to their end: on a kept connection the rest of a
/// body would be taken for the next request.
struct BodyReader {
  let maximumSize: Int

  /// - Parameters:
  ///   - length: the length that was stated; no more is kept.
  ///   - next: fills a buffer and returns how many bytes it got, 0 or less at the end.
  func read(_ length: Int?, _ next: (UnsafeMutableRawBufferPointer) -> Int) -> Request.Body {
    let body = kept(length, next)
    Self.drain(next)
    return body
  }

  /// Reads what is left of a body.
  static func drain(_ next: (UnsafeMutableRawBufferPointer) -> Int) {
    withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 1) { scratch in
      while next(scratch) > 0 {}
    }
  }

  private func kept(
    _ length: Int?, _ next: (UnsafeMutableRawBufferPointer) -> Int
  ) -> Request.Body {
    guard let length else { return .broken }
    guard length <= maximumSize else { return .tooLarge }
    guard length > 0 else { return .whole([]) }
    let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      while count < length {
        let rest = UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
        let got = next(rest)
        if got <= 0 { break }
        count += got
      }
    }
    return bytes.count == length ? .whole(bytes) : .broken
  }
}
