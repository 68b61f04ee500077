import Logging
import Models
import POSIX
import Synchronization

/// The served model, and the watch over the registry's `current`.
///
/// A new model is loaded and checked beside the served one and takes its place in one step; one that
/// cannot be served is refused, with its reason, and the old one stays.
final class ModelStore: Sendable {
  private struct State {
    /// Why what `current` leads to is not served.
    var refusal: String?
    /// Since when that has been so.
    var refusedSince: Moment?
    /// What `current` led to when it was last looked at.
    var seen: Target?
    /// When what was refused is looked at again: the fault may have been this process's, which was
    /// out of descriptors or memory.
    var retry: ContinuousClock.Instant?
  }

  /// What tells one target of `current` from another.
  struct Target: Equatable {
    let folder: String
    /// One for each file that is read; a folder that is copied into place fills bit by bit.
    fileprivate let files: [FileStatus?]
  }

  private let registry: ModelRegistry
  private let publicPath: String
  private let logger: Logger
  private let report: @Sendable (_ model: ServedModel?) -> Void
  private let published = Published<ServedModel>()
  private let state = Mutex(State())
  private let checking = Lock()

  /// Loads the current model.
  ///
  /// - Parameters:
  ///   - publicPath: the forest's path as answers tell it.
  ///   - report: told of each model before it is served, and nil of each that is refused.
  init(
    registry: ModelRegistry, publicPath: String, logger: Logger,
    report: @escaping @Sendable (_ model: ServedModel?) -> Void = { _ in }
  ) {
    self.registry = registry
    self.report = report
    self.publicPath = publicPath
    self.logger = logger
    do {
      if let version = try registry.relinkCopiedCurrent() {
        logger.notice(
          "the folder current was a copy, and is a link again",
          metadata: ["model_version": "\(version)"])
      }
    } catch {
      logger.error("the folder current should be a link", metadata: ["error": "\(error)"])
    }
    check()
  }

  /// The served model.
  var served: ServedModel? { published.value }

  /// The served model.
  ///
  /// - Throws: `ServiceError.noModel` when there is none.
  func require() throws(ServiceError) -> ServedModel {
    guard let served else { throw .noModel }
    return served
  }

  /// Why the newest model is not served, in words for everybody; nil when it is.
  var refusal: String? { state.withLock { $0.refusal } }

  /// The same, and since when that has been so.
  var standingRefusal: (reason: String, since: Moment)? {
    state.withLock { state in
      state.refusal.flatMap { reason in state.refusedSince.map { (reason, $0) } }
    }
  }

  /// Loads what `current` leads to, if that has changed.
  func check() { checking.whileHeld(checkInTurn) }

  private func checkInTurn() {
    // Resolved once, so that all files come from one version while `current` is being swapped.
    guard FileStatus.exists("\(registry.currentPath)/forest.rf") else {
      return refuse("there is no current model", nil)
    }
    let folder: String
    do throws(RegistryError) {
      folder = try registry.servedFolder()
    } catch {
      return refuse("\(error)", nil)
    }
    guard let target = Self.target(folder) else { return refuse("there is no current model", nil) }
    let isDue = state.withLock { state in
      state.seen != target || state.retry.map { $0 < .now } ?? false
    }
    guard isDue else { return }
    do {
      let model = try ServedModel(
        folder: target.folder, path: publicPath, trusted: registry.trusted)
      if let served, served.version == model.version, served.model.digest != model.model.digest,
        served.model.digest != nil
      {
        return refuse("the files of model \(model.version) are others than were served", target)
      }
      report(model)
      published.replace(with: model)
      state.withLock { $0 = State(refusal: nil, seen: target) }
      logger.info(
        "model loaded",
        metadata: [
          "model_version": "\(model.version)", "model_digest": "\(model.model.digest ?? "none")",
        ])
      if model.model.digest == nil {
        logger.warning(
          "model of an older program: 'drugctl models verify --adopt' lists its files",
          metadata: ["model_version": "\(model.version)"])
      }
    } catch {
      refuse("\(error)", target)
    }
  }

  private func refuse(_ reason: String, _ target: Target?) {
    let told = reason.replacing("\(target?.folder ?? "")/", with: "").publicWords
    let isNew = state.withLock { state in
      defer {
        if state.refusal != told { state.refusedSince = .now }
        state.refusal = told
        state.seen = target
        state.retry = .now + .seconds(5)
      }
      return state.refusal != told || state.seen != target
    }
    guard isNew else { return }
    report(nil)
    let kept = served?.version ?? "none"
    logger.error("model refused", metadata: ["reason": "\(reason)", "model_version": "\(kept)"])
  }

  /// What a version's folder holds; nil when that is no model.
  static func target(_ folder: String) -> Target? {
    let files = ["forest.rf", "card.json", "evaluation.json", "SHA256SUMS", "signature"].map {
      FileStatus(of: "\(folder)/\($0)", followsLinks: false)
    }
    guard files[0] != nil else { return nil }
    return Target(folder: folder, files: files)
  }
}
