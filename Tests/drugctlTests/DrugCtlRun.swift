import Foundation
import TestSupport

/// One run of the program, and what it printed.
struct DrugCtlRun {
  let status: Int32
  let output: String
  let errors: String

  /// Runs `drugctl` in the repository's root folder.
  ///
  /// - Parameter word: once this has been printed, the program is asked to end.
  init(_ arguments: [String], terminatedAfter word: String? = nil) throws {
    let process = Process()
    // The tests lie beside the programs that were built with them.
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: "drugctl")
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: repositoryRoot)
    process.standardInput = FileHandle.nullDevice
    // Files, not pipes: neither stream can fill up while the other is read.
    (output, errors) = try withTemporaryFolder { folder in
      let paths = ["\(folder)/output", "\(folder)/errors"]
      let handles = try paths.map { path in
        _ = try write([], to: path)
        return try FileHandle(forWritingTo: URL(filePath: path))
      }
      process.standardOutput = handles[0]
      process.standardError = handles[1]
      try process.run()
      if let word {
        while process.isRunning,
          try !String(contentsOfFile: paths[0], encoding: .utf8).contains(word)
        {
          usleep(10_000)
        }
        process.terminate()
      }
      process.waitUntilExit()
      return (
        try String(contentsOfFile: paths[0], encoding: .utf8),
        try String(contentsOfFile: paths[1], encoding: .utf8)
      )
    }
    status = process.terminationStatus
  }

  init(_ arguments: String...) throws {
    try self.init(arguments)
  }

  /// The lines of the output without the spaces that align them.
  var lines: [String] {
    output.split(separator: "\n").map { line in
      line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
  }

  /// The numbers and names of the stages, in order, as `1/2 Load`.
  var stages: [String] {
    lines.filter { $0.hasPrefix("── ") }.map { line in
      line.split(separator: " ")[1...].prefix { !$0.hasPrefix("─") }.joined(separator: " ")
    }
  }

  /// How many stages told their time.
  var timedStageCount: Int { lines.count { $0.wholeMatch(of: /[0-9.]+ m?s/) != nil } }
}
