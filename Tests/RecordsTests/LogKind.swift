import Foundation
import Synchronization
import TestSupport

@testable import Records

/// What a log is kept in: the tests that take one hold for each.
enum LogKind: Sendable, CaseIterable {
  case file
  case database

  /// A server on which databases may be made, as `Tests/postgres.py` starts one.
  static let server = ProcessInfo.processInfo.environment["TEST_POSTGRES"]
  private static let count = Atomic(0)

  /// Those that can be had here.
  static var all: [LogKind] { server == nil ? [.file] : allCases }

  /// Makes a place of its own.
  func withPlace<Result>(_ body: (String) throws -> Result) throws -> Result {
    switch self {
    case .file: return try withTemporaryFolder { try body("\($0)/predictions.sqlite") }
    case .database:
      let server = LogKind.server!
      let name = "test_\(getpid())_\(LogKind.count.add(1, ordering: .relaxed).newValue)"
      let connection = try PostgresConnection(server)
      try connection.run("CREATE DATABASE \(name)")
      defer { try? connection.run("DROP DATABASE \(name) WITH (FORCE)") }
      return try body(server[..<server.lastIndex(of: "/")!] + "/\(name)")
    }
  }
}
