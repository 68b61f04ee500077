public import Logging
import POSIX
import Patients

/// Writes log events to standard error, one JSON object a line: time (RFC 3339, UTC), level, event
/// and whatever the event tells.
///
/// Lines of level info and below are written together, a fifth of a second later at most; warnings
/// and errors take all that waits along at once.
public struct JSONLogHandler: LogHandler {
  /// The events that are written.
  public var logLevel = Logger.Level.info
  /// What every event tells.
  public var metadata: Logger.Metadata = [:]
  private let output: LogOutput

  /// Creates a handler.
  public init(_ output: LogOutput = .standardError) {
    self.output = output
  }

  /// Reads or sets what every event tells.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes an event.
  public func log(event: LogEvent) {
    var writer = JSONWriter()
    writer.object { writer in
      writer.name("time")
      writer.time(.now)
      writer.name("level")
      writer.string(event.level.rawValue)
      writer.name("event")
      writer.string("\(event.message)")
      let all = metadata.merging(event.metadata ?? [:]) { _, own in own }
      for (name, value) in all.sorted(by: { $0.key < $1.key }) {
        Self.write(name, value, &writer)
      }
    }
    writer.withBytes { output.write($0, isUrgent: event.level >= .warning) }
  }

  private static func write(
    _ name: String, _ value: Logger.Metadata.Value, _ writer: inout JSONWriter
  ) {
    writer.name(name)
    switch value {
    case .stringConvertible(let number as Int): writer.number(number)
    case .stringConvertible(let number as Double) where number.isFinite: writer.number(number)
    default: writer.string("\(value)")
    }
  }

}
