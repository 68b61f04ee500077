import POSIX

/// What is told of one request to whoever follows its trace: nothing that comes from a body, a query or a name in
/// a path.
public final class RequestSpan: @unchecked Sendable {
  // `@unchecked Sendable` because it belongs to one thread at a time: those that answer the request, one after
  // the other, and from the queue on the exporter's.

  /// A part of the request's time.
  struct Part {
    let name: StaticString
    let start: ContinuousClock.Instant
    let end: ContinuousClock.Instant
  }

  /// What came of the request.
  public struct Ending: Sendable {
    /// The method, as the client wrote it.
    public var method: String
    /// The address with names in braces; nil for one that there is not.
    public var route: String?
    /// The answer's status.
    public var status: Int
    /// The name of the problem that was told; nil for none.
    public var problem: String?
    /// The version of the model that answered; nil for none.
    public var modelVersion: String?

    /// Creates an ending.
    public init(
      method: String, route: String?, status: Int, problem: String?, modelVersion: String?
    ) {
      self.method = method
      self.route = route
      self.status = status
      self.problem = problem
      self.modelVersion = modelVersion
    }
  }

  /// The most parts that are told, such as commits of a long table.
  private static let partLimit = 16

  /// The trace: 32 lower-case hexadecimal digits.
  public let trace: String
  /// The span itself: 16 such digits.
  public let id: String
  /// The client's span; 0 for none.
  let parent: UInt64
  /// What other systems have to say of the trace; empty for nothing.
  let state: String
  /// Whether it goes to the collector.
  public let isRecorded: Bool
  /// Whether the client is told that it is recorded.
  let isSampled: Bool
  private(set) var parts: [Part] = []
  private(set) var ending: Ending?
  let start: ContinuousClock.Instant
  private(set) var end: ContinuousClock.Instant
  /// When it ended, in microseconds since 1970-01-01 UTC.
  private(set) var endTime: Int64 = 0

  init(
    trace: String, parent: UInt64 = 0, state: String = "", isRecorded: Bool, isSampled: Bool
  ) {
    self.trace = trace
    id = Self.hexadecimal(.random(in: 1 ... .max))
    self.parent = parent
    self.state = state
    self.isRecorded = isRecorded
    self.isSampled = isSampled
    start = .now
    end = start
  }

  /// The header by which the client learns of the trace and of this span.
  public var header: String { "00-\(trace)-\(id)-0\(isSampled ? 1 : 0)" }

  /// How many spans it is for the collector.
  var count: Int { 1 + parts.count }

  /// Notes a part that has just ended.
  public func add(_ name: StaticString, since start: ContinuousClock.Instant) {
    guard isRecorded, parts.count < Self.partLimit else { return }
    if parts.isEmpty { parts.reserveCapacity(2) }
    parts.append(Part(name: name, start: start, end: .now))
  }

  /// Ends it.
  func finish(_ ending: Ending) {
    self.ending = ending
    end = .now
    endTime = Moment.now.microseconds
  }

  /// 16 lower-case digits.
  static func hexadecimal(_ number: UInt64) -> String {
    String(unsafeUninitializedCapacity: 16) { digits in
      for place in 0..<16 {
        let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * place) & 0xf)
        digits[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
      }
      return 16
    }
  }
}
