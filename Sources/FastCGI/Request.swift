import CFastCGI
import Glibc

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

  /// Whether less has come than was stated, or what was stated is no number; to be asked at the end.
  public var isBroken: Bool { length.map { count < $0 } ?? true }

  /// Whether both are the same stream.
  public static func == (a: BodyStream, b: BodyStream) -> Bool { a === b }
}

/// One request, valid while its handler runs.
///
/// The parameters are those of CGI (RFC 3875) and whatever else the web server is told to pass.
public struct Request: ~Copyable {
  /// What arrived as the body of a request.
  public enum Body: Sendable, Equatable {
    /// All of it, empty when there was none.
    case whole([UInt8])
    /// More than the server accepts; it was read to its end and dropped.
    case tooLarge
    /// Less than its stated length, or a stated length that is no number.
    case broken
    /// Whatever comes, to be read piece by piece while the request is answered.
    case stream(BodyStream)
  }

  /// The body.
  public let body: Body
  private let environment: FCGX_ParamArray
  private let ownsEnvironment: Bool

  /// Wraps the parameters of a request that libfcgi or the process environment keeps.
  init(environment: FCGX_ParamArray, body: Body) {
    self.environment = environment
    self.body = body
    ownsEnvironment = false
  }

  /// Creates a request without a server, as tests need it.
  public init(parameters: [String: String], body: Body = .whole([])) {
    environment = .allocate(capacity: parameters.count + 1)
    for (index, parameter) in parameters.enumerated() {
      environment[index] = strdup("\(parameter.key)=\(parameter.value)")
    }
    environment[parameters.count] = nil
    self.body = body
    ownsEnvironment = true
  }

  deinit {
    guard ownsEnvironment else { return }
    var index = 0
    while let parameter = environment[index] {
      free(parameter)
      index += 1
    }
    environment.deallocate()
  }

  /// The value of a parameter, for example `REQUEST_METHOD`; nil when it was not passed.
  ///
  /// Bytes that are not UTF-8 become U+FFFD.
  public func parameter(_ name: StaticString) -> String? {
    name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount + 1) {
      FCGX_GetParam($0, environment).map { String(cString: $0) }
    }
  }

  /// Whether the answer must have no body (RFC 3875, section 4.3.3).
  var isHead: Bool { parameter("REQUEST_METHOD") == "HEAD" }
}
