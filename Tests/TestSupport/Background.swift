import POSIX

/// A test's work on a thread of its own: blocking calls would starve the cooperative ones.
public final class Background<Value: Sendable>: Sendable {
  private let result = Promise<Result<Value, any Error>>()

  /// Starts the work.
  public init(_ work: @escaping @Sendable () throws -> Value) {
    do {
      _ = try Thread { [result] in result.fulfil(Result { try work() }) }
    } catch {
      result.fulfil(.failure(error))
    }
  }

  /// Waits for the work's end.
  public func value() throws -> Value { try result.wait().get() }
}
