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
  /// - Complexity: looks at three files of each version, and reads those of new ones.
  var all: (models: [ModelSummary], current: String?) {
    let current = registry.currentVersion
    let summaries = lock.whileHeld {
      let versions = registry.versions
      known = Dictionary(
        uniqueKeysWithValues: versions.map { version in
          let files = Self.files(of: registry.folder(of: version))
          if let known = known[version], known.files == files { return (version, known) }
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
    ["", "/card.json", "/evaluation.json"].map { FileStatus(of: folder + $0) }
  }
}
