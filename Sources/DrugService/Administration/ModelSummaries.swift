import Models
import POSIX

/// What a list tells of the registry's versions. Their files, which never change, are read once.
final class ModelSummaries: @unchecked Sendable {
  // `@unchecked Sendable` because `lock` protects `known` and `differences`.

  private struct Entry {
    let files: [FileStatus?]
    /// Nil for a version that cannot be read.
    let listing: ModelRegistry.Listing?
  }

  private let registry: ModelRegistry
  private let lock = Lock()
  private var known: [String: Entry] = [:]
  /// In what versions are other than the served one, as far as somebody has asked.
  private var differences: (served: String?, found: [String: ModelDifferences?]) = (nil, [:])

  init(of registry: ModelRegistry) {
    self.registry = registry
  }

  /// All that can be read, the newest first, and the served version.
  ///
  /// - Complexity: looks at four files of each version, and reads those of new and of damaged ones.
  var all: (models: [ModelSummary], current: String?) {
    let current = registry.currentVersion
    let summaries = lock.whileHeld {
      let entries = Dictionary(
        uniqueKeysWithValues: registry.versions.map { ($0, entry(of: $0)) })
      if entries.mapValues(\.files) != known.mapValues(\.files) { differences = (nil, [:]) }
      known = entries
      return known.values.compactMap(\.listing?.summary)
    }
    let labels = registry.allLabels(served: current)
    let models = summaries.map { summary in
      var summary = summary
      summary.labels = labels[summary.version]
      summary.isCurrent = summary.version == current
      return summary
    }
    return (models.sorted { $0.isNewer(than: $1) }, current)
  }

  /// In what a version's questions and drugs are other than those of the served one; nil when they are not, or
  /// nobody can tell.
  func differences(of version: String, from served: String?) -> ModelDifferences? {
    guard let served, served != version else { return nil }
    return lock.whileHeld {
      if differences.served != served { differences = (served, [:]) }
      if let found = differences.found[version] { return found }
      for name in [served, version] where known[name]?.listing == nil {
        known[name] = entry(of: name)
      }
      guard let before = known[served]?.listing?.side, let after = known[version]?.listing?.side
      else { return nil }
      let found = ModelDifferences(from: before, to: after)
      differences.found[version] = .some(found)
      return found
    }
  }

  /// What is known of a version, or what its files say now; to be asked for with the lock held.
  private func entry(of version: String) -> Entry {
    let files = Self.files(of: registry.folder(of: version))
    // What could not be read may have been another's fault, a descriptor too few.
    if let known = known[version], known.listing != nil, known.files == files { return known }
    return Entry(files: files, listing: registry.listing(of: version))
  }

  /// What tells whether a version is as it was; a folder that is copied into place fills bit by bit.
  private static func files(of folder: String) -> [FileStatus?] {
    ["", "/card.json", "/evaluation.json", "/SHA256SUMS"].map { FileStatus(of: folder + $0) }
  }
}
