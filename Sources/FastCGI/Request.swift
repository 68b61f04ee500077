import CFastCGI
import Linux
import POSIX

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

  /// What the web server tells of it besides its body.
  public let head: RequestHead
  /// The body.
  public let body: Body
  /// The descriptor of its connection; -1 for none, or one whose end is not waited for.
  private let connection: Int32
  private let environment: FCGX_ParamArray
  private let ownsEnvironment: Bool

  /// Wraps the parameters of a request that libfcgi or the process environment keeps.
  init(
    environment: FCGX_ParamArray, head: RequestHead, body: Body, connection: Int32 = -1
  ) {
    self.connection = connection
    self.environment = environment
    self.head = head
    self.body = body
    ownsEnvironment = false
  }

  /// Creates a request without a server, as tests need it.
  public init(parameters: [String: String], body: Body = .whole([]), connection: Int32 = -1) {
    self.connection = connection
    environment = .allocate(capacity: parameters.count + 1)
    for (index, parameter) in parameters.enumerated() {
      environment[index] = strdup("\(parameter.key)=\(parameter.value)")
    }
    environment[parameters.count] = nil
    head = RequestHead(environment)
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

  /// Whether the web server has closed the connection, as it does when its client has gone: nobody
  /// waits for the answer. Never true of a request that is answered at once.
  public var isAbandoned: Bool { connection >= 0 && Peer.hasClosed(connection) }

  /// The value of any other parameter, for example `REMOTE_USER`; nil when it was not passed.
  ///
  /// Bytes that are not UTF-8 become U+FFFD.
  public func parameter(_ name: StaticString) -> String? {
    name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount + 1) {
      FCGX_GetParam($0, environment).map { String(cString: $0) }
    }
  }
}
