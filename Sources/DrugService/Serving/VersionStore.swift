import Logging
import Models
import POSIX

/// The versions of the registry: the served one, and others, which are read when they are first asked for.
///
/// Of those a few are kept, the ones asked for last, and of large forests fewer; a version whose files have changed
/// or gone is let go.
final class VersionStore: Sendable {
  /// The most versions that are kept.
  static let capacity = 4
  /// The most bytes of their forests together, unless one alone has more.
  static let maximumByteCount = 64 << 20

  private struct Entry {
    let version: String
    let files: ModelStore.Target
    /// Nil for one that is damaged.
    let model: ServedModel?
    /// Whether it is signed as it must be.
    let isServable: Bool
    /// When one that cannot be served is looked at again.
    let retry: ContinuousClock.Instant

    func stands(for version: String, _ files: ModelStore.Target) -> Bool {
      self.version == version && self.files == files && (model != nil || .now < retry)
    }
  }

  private final class Entries: @unchecked Sendable {
    // `@unchecked Sendable` because `lock` protects it.
    var all: [Entry] = []

    var byteCount: Int { all.reduce(0) { $0 + ($1.model?.model.byteCount ?? 0) } }
  }

  private let models: ModelStore
  private let registry: ModelRegistry
  private let logger: Logger
  /// The last one is that which was asked for last.
  private let entries = Entries()
  private let lock = Lock()
  /// Held while one is loaded: all at once would want the memory of all.
  private let loading = Lock()

  init(besides models: ModelStore, registry: ModelRegistry, logger: Logger) {
    self.models = models
    self.registry = registry
    self.logger = logger
  }

  /// The version that an address means, which names it or an alias of it. What this process serves is its
  /// champion, whatever others do already.
  ///
  /// - Throws: `ServiceError` when there is none, or nobody can tell.
  func version(_ trace: RequestTrace) throws(ServiceError) -> String {
    let name = trace.pathPart("{version}")
    do throws(RegistryError) {
      return try registry.version(named: name, served: models.served?.version)
    } catch {
      guard error.code == .unknownVersion else {
        logger.error("labels not readable", metadata: ["reason": "\(error)"])
        throw .administration(.labelsNotReadable)
      }
      throw .administration(.unknown(.model))
    }
  }

  /// A version's model, to look at it, which needs no signature: whoever is to sign it looks first.
  ///
  /// - Throws: `ServiceError` when there is none, or it is damaged.
  func model(_ version: String) throws(ServiceError) -> ServedModel {
    guard let model = try found(version).model else { throw .damagedModel }
    return model
  }

  /// A version's model, to answer with.
  ///
  /// - Throws: `ServiceError` when there is none, or it cannot be served.
  func answeringModel(_ version: String) throws(ServiceError) -> ServedModel {
    let (model, isServable) = try found(version)
    guard let model, isServable else { throw .inference(.unusableVersion) }
    return model
  }

  private func found(
    _ version: String
  ) throws(ServiceError) -> (model: ServedModel?, isServable: Bool) {
    if let served = models.served, served.version == version { return (served, true) }
    guard ModelRegistry.isVersion(version),
      let files = ModelStore.target(registry.folder(of: version))
    else { throw .administration(.unknown(.model)) }
    let entry =
      kept(version, files)
      ?? loading.whileHeld { kept(version, files) ?? loaded(version, files) }
    return (entry.model, entry.isServable)
  }

  private func kept(_ version: String, _ files: ModelStore.Target) -> Entry? {
    lock.whileHeld {
      guard let index = entries.all.firstIndex(where: { $0.stands(for: version, files) }) else {
        return nil
      }
      let entry = entries.all.remove(at: index)
      entries.all.append(entry)
      return entry
    }
  }

  private func loaded(_ version: String, _ files: ModelStore.Target) -> Entry {
    var model: ServedModel?
    var isServable = true
    func load(_ trusted: TrustedKeys?) throws {
      model = try ServedModel(
        folder: files.folder, path: "registry/\(version)/forest.rf", trusted: trusted)
    }
    do {
      do {
        try load(registry.trusted)
      } catch let error as RegistryError where error.code == .notSigned {
        isServable = false
        try load(nil)
      }
    } catch {
      logger.error(
        "version not usable", metadata: ["model_version": "\(version)", "reason": "\(error)"])
    }
    let entry = Entry(
      version: version, files: files, model: model, isServable: isServable,
      retry: .now + .seconds(5))
    lock.whileHeld {
      entries.all.removeAll { $0.version == version }
      entries.all.append(entry)
      while entries.all.count > Self.capacity
        || entries.all.count > 1 && entries.byteCount > Self.maximumByteCount
      { entries.all.removeFirst() }
    }
    return entry
  }
}
