import ArgumentParser
import Models
import Patients

extension Models {
  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Checks every byte of models: whether they are what their names stand for.",
      discussion: """
        A line for each; the exit status is 1 when something is wrong. With --trusted-key, or \
        TRUSTED_KEY in the environment, a model that is not signed is wrong.
        """)

    @Argument(help: ArgumentHelp("The versions (default: all).", valueName: "version"))
    var versions: [String] = []

    @Flag(help: "List the files of sound models of an older program, which had no such list.")
    var adopt = false

    @OptionGroup var models: ModelsOption

    func run() throws {
      let registry = models.registry
      var isSound = true
      let named = try versions.map { try registry.version(named: $0) }
      for version in named.isEmpty ? registry.versions : named {
        var finding = registry.verify(version)
        if adopt, ModelRegistry.isVersion(version), case .older = finding {
          try registry.adopt(version)
          finding = registry.verify(version)
        }
        switch finding {
        case .sound(let digest, let signature):
          let key = signature.map { ", signed by key \($0.key.prefix(12))" } ?? ""
          print("\(version)  sound, digest \(digest)\(key)")
        case .older: print("\(version)  sound, of an older program: its files are not listed")
        case .faulty(let error):
          print("\(version.visible)  WRONG: \(error)")
          isSound = false
        }
      }
      if !isSound { throw ExitCode.failure }
    }
  }

  struct Sign: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Signs a model, so that services that trust the key may serve it.",
      discussion: """
        The key is made by 'openssl genpkey -algorithm ed25519 -out key.pem', and 'openssl pkey -in \
        key.pem -pubout' writes the public one, which services are given. A signature says which \
        model it is to follow, so that it can be used once, and not to bring back an old one.
        """)

    @Argument(help: "The version.")
    var version: String

    @Option(help: ArgumentHelp("The private key, in PEM.", valueName: "file"))
    var key: String

    @Option(
      help: ArgumentHelp(
        "What it is to follow: a version, or nothing (default: the served one).",
        valueName: "version"))
    var replaces: String?

    @OptionGroup var models: ModelsOption

    func run() throws {
      let registry = models.registry
      let predecessor: ModelRegistry.Predecessor =
        switch replaces {
        case nil: .served
        case "nothing": .nothing
        case let version?: .version(try registry.version(named: version))
        }
      let version = try registry.version(named: version)
      let signature = try registry.sign(version, key: key, following: predecessor)
      print(
        "Model \(version) signed by key \(signature.key.prefix(12)), to follow "
          + "\(signature.replaces.map { "the model of digest \($0.prefix(12))" } ?? "no model").")
    }
  }
}
