import ArgumentParser
import Models
import POSIX
import Records

extension Models {
  struct Shadow: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lets another version answer the same patients unseen, and compares both.",
      discussion: """
        Without a version the comparison is shown. A service that keeps a prediction log asks the shadow \
        about each patient after the answer is sent, at a low priority; what the shadow says is seen by \
        nobody but here, on the page of the model and under /models/VERSION/shadow.
        """)

    @Argument(help: ArgumentHelp("The version that is to be the shadow.", valueName: "version"))
    var version: String?

    @Flag(help: "End the shadow, and forget what it has said.")
    var stop = false

    @Option(help: ArgumentHelp("The database of the prediction log.", valueName: "file"))
    var log = LogDefault.predictions

    @Flag(help: .private)
    var work = false

    @OptionGroup var models: ModelsOption

    func validate() throws {
      guard version == nil || !(stop || work) else {
        throw ValidationError("--stop names no version: there is one shadow.")
      }
    }

    func run() throws {
      if work { return try answer() }
      let registry = models.registry
      if let version = try models.version(version) { return try begin(version, registry) }
      if stop { return try end(registry) }
      guard let shadow = registry.shadow else {
        print("There is no shadow: drugctl models shadow VERSION makes one.")
        return
      }
      let store = try ShadowStore(
        reading: registry.root, of: shadow.version, since: shadow.since)
      let found = try store.map { try ShadowComparison($0, log: log) }
      for line in Reports.shadow(shadow, found, served: registry.currentVersion) { print(line) }
    }

    private func begin(_ version: String, _ registry: ModelRegistry) throws {
      let before = try registry.beginShadow(version)?.version
      print(
        before == version
          ? "Model \(version) is the shadow as before."
          : "Model \(version) is the shadow\(before.map { " in place of \($0)" } ?? ""): a running "
            + "service asks it about each patient from now on.")
    }

    private func end(_ registry: ModelRegistry) throws {
      let before = try registry.endShadow()
      ShadowStore.remove(root: registry.root)
      print(before.map { "Model \($0.version) is no shadow any more." } ?? "There is no shadow.")
    }

    /// Answers for a service until another or no shadow is wanted, with a sign of life now and then.
    private func answer() throws {
      Cancellation.listen()
      // When memory runs short, this is what the system ends first.
      if let score = try? FileDescriptor(opening: "/proc/self/oom_score_adj", O_WRONLY) {
        try? score.write(Array("1000".utf8))
        score.close()
      }
      guard let shadow = models.registry.shadow else { return }
      var worker = try ShadowWork(shadow, of: models.registry, log: log)
      while worker.isWanted, !Cancellation.isCancelled {
        let start = ContinuousClock.now
        let hasMore = try worker.step()
        try FileDescriptor.standardOutput.write(Array("\n".utf8))
        // Half of a processor at most, however much there is to do.
        usleep(hasMore ? UInt32(min((.now - start) / .microseconds(1), 500_000)) : 500_000)
      }
    }
  }
}
