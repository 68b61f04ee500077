/// A body that is read while its request is answered.
public final class BodyStream: @unchecked Sendable, Equatable {
  // `@unchecked Sendable` because it is used on the thread that answers its request.
  private let length: Int?
  private let next: (UnsafeMutableRawBufferPointer) -> Int
  private var count = 0

  /// Creates a stream.
  ///
  /// - Parameters:
  ///   - length: the stated length; nil when what was stated is no number.
  ///   - next: fills a buffer and returns how many bytes it got, 0 or less at the end.
  public init(length: Int?, _ next: @escaping (UnsafeMutableRawBufferPointer) -> Int) {
    self.length = length
    self.next = next
  }

  /// Fills a buffer with the next bytes and returns how many there were, 0 at the end.
  public func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let got = max(next(buffer), 0)
    count += got
    return got
  }

  /// Passes the rest on in pieces of up to 64 KiB.
  public func forEachPiece<Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { piece.deallocate() }
    while true {
      let count = read(into: piece)
      if count == 0 { return }
      try body(UnsafeRawBufferPointer(rebasing: piece[..<count]))
    }
  }

  /// Whether less has come than was stated, or what was stated is no number; to be asked at the end.
  public var isBroken: Bool { length.map { count < $0 } ?? true }

  /// Whether both are the same stream.
  public static func == (a: BodyStream, b: BodyStream) -> Bool { a === b }
}
