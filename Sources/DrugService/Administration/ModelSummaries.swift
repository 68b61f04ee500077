import Models
import POSIX

/// What a list tells of the registry's versions. Their files, which never change, are read once.
final class ModelSummaries: @unchecked Sendable {
  // `@unchecked Sendable` because `lock` protects `known`.
  private let registry: ModelRegistry
  private let lock = Lock()
  private var known: [String: (files: [FileStatus?], summary: ModelSummary?)] = [:]

  init(of registry: ModelRegistry) {
    self.registry = registry
  }

  /// All that can be read, the newest first, and the served version.
  ///
  /// - Complexity: looks at four files of each version, and reads those of new and of damaged ones.
  var all: (models: [ModelSummary], current: String?) {
    let current = registry.currentVersion
    let summaries = lock.whileHeld {
      let versions = registry.versions
      known = Dictionary(
        uniqueKeysWithValues: versions.map { version in
          let files = Self.files(of: registry.folder(of: version))
          // What could not be read may have been another's fault, a descriptor too few.
          if let known = known[version], known.summary != nil, known.files == files {
            return (version, known)
          }
          return (version, (files, registry.summary(of: version)))
        })
      return known.values.compactMap(\.summary)
    }
    let models = summaries.map { summary in
      var summary = summary
      summary.isCurrent = summary.version == current
      return summary
    }
    return (models.sorted { $0.isNewer(than: $1) }, current)
  }

  /// What tells whether a version is as it was; a folder that is copied into place fills bit by bit.
  private static func files(of folder: String) -> [FileStatus?] {
    ["", "/card.json", "/evaluation.json", "/SHA256SUMS"].map { FileStatus(of: folder + $0) }
  }
}
