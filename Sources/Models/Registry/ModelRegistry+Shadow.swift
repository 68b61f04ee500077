import FoundationEssentials
import POSIX

extension ModelRegistry {
  /// The version that answers the same patients as the served one, after they were answered and seen by nobody.
  public struct Shadow: Codable, Sendable, Equatable {
    /// The version.
    public let version: String
    /// Since when, RFC 3339 in UTC to the millisecond; another since is another shadow.
    public let since: String
    /// Who began it; nil on the command line.
    public let user: String?

    /// Since when, in microseconds since 1970-01-01 UTC.
    public var beginning: Int64 {
      let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
      return (try? Date(since, strategy: style)).map {
        Int64(($0.timeIntervalSince1970 * 1000).rounded()) * 1000
      } ?? 0
    }
  }

  private var shadowPath: String { "\(root)/shadow.json" }

  /// The shadow; nil for none. Its version may be gone or damaged by now.
  public var shadow: Shadow? {
    // Asked for often, so that what is not there is not opened.
    guard FileStatus.exists(shadowPath) else { return nil }
    return try? RegistryJSON.read(Shadow.self, from: shadowPath)
  }

  /// Makes a version the shadow, in place of another; that it is not signed is no hindrance, since nobody is
  /// answered by it.
  ///
  /// - Parameter user: who does so; nil on the command line.
  /// - Returns: the shadow before, which is the present one when the version is the shadow already.
  /// - Throws: `RegistryError` when there is no such version, it is damaged or served itself, `SystemError` when
  ///   it cannot be written; the shadow then is as before.
  @discardableResult
  public func beginShadow(_ version: String, user: String? = nil) throws -> Shadow? {
    _ = try soundModel(version, trusted: nil)
    return try locked {
      guard version != currentVersion else {
        throw RegistryError(description: "model \(version) is served itself")
      }
      let before = shadow
      guard before?.version != version else { return before }
      try RegistryJSON.write(
        Shadow(version: version, since: Moment.now.text, user: user), to: shadowPath)
      return before
    }
  }

  /// Ends the shadow.
  ///
  /// - Returns: what it was; nil when there was none.
  /// - Throws: `SystemError` when that fails.
  @discardableResult
  public func endShadow() throws -> Shadow? {
    try locked {
      guard let before = shadow else {
        // What nobody can read is no shadow either.
        unlink(shadowPath)
        return nil
      }
      try systemCall("unlink", shadowPath) { unlink(shadowPath) }
      return before
    }
  }
}
