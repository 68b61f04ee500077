import ArgumentParser
import Models
import Patients

extension Models {
  struct Alias: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lets a name stand for a version, in place of the one that had it.",
      discussion: """
        Whoever asks for the name gets that version, on the command line and over REST, from the next question on. \
        champion is the served version, and given by nobody.
        """)

    @Argument(help: "The name: \(AliasName.words).")
    var name: String

    @Argument(help: "The version, or another alias of it.")
    var version: String?

    @Flag(help: "Take the name away, from this version or from whichever has it.")
    var remove = false

    @OptionGroup var models: ModelsOption

    func validate() throws {
      guard remove || version != nil else {
        throw ValidationError(
          "name the version that \(name.visible) is to stand for, or --remove it.")
      }
    }

    func run() throws {
      let registry = models.registry
      if remove {
        let had = try registry.removeAlias(name, of: version)
        print("\(name) no longer stands for model \(had).")
      } else {
        let (version, previous) = try registry.setAlias(name, to: version!)
        print(
          previous == version
            ? "\(name) stands for model \(version) as before."
            : "\(name) stands for model \(version)\(previous.map { " instead of \($0)" } ?? "").")
      }
    }
  }

  struct Tag: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Gives a version tags, each a key and a value, in place of those of the same keys.")

    @Argument(help: "The version.")
    var version: String

    @Argument(help: ArgumentHelp("The tags.", valueName: "key=value"))
    var tags: [String] = []

    @Option(help: ArgumentHelp("Take a tag away; may be given several times.", valueName: "key"))
    var remove: [String] = []

    @OptionGroup var models: ModelsOption

    private func pairs() throws -> [(key: String, value: String)] {
      try tags.map { tag in
        guard let sign = tag.firstIndex(of: "=") else {
          throw ValidationError("a tag is key=value, and \(tag.visible) is none.")
        }
        return (String(tag[..<sign]), String(tag[tag.index(after: sign)...]))
      }
    }

    func validate() throws {
      guard !tags.isEmpty || !remove.isEmpty else {
        throw ValidationError("name a tag, as key=value, or one to --remove.")
      }
      _ = try pairs()
    }

    func run() throws {
      let pairs = try pairs()
      let registry = models.registry
      let version = try registry.remark(on: version) { tags, _ in
        for key in remove { tags[key] = nil }
        for (key, value) in pairs { tags[key] = value }
      }
      let words = registry.allLabels()[version].tags.sorted { $0.key < $1.key }
        .map { "\($0.key)=\($0.value)" }
      print("Model \(version): \(words.isEmpty ? "no tags" : words.joined(separator: ", ")).")
    }
  }

  struct Note: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Notes something of a version, in place of what was noted.",
      discussion: "Without a text, the note is taken away.")

    @Argument(help: "The version.")
    var version: String

    @Argument(help: "The note.")
    var text: String?

    @OptionGroup var models: ModelsOption

    func run() throws {
      let version = try models.registry.remark(on: version) { _, note in
        note = text == "" ? nil : text
      }
      print("Model \(version): \(text.map { $0.isEmpty ? "no note" : "noted" } ?? "no note").")
    }
  }
}
