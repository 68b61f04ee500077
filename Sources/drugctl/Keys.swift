import Accounts
import ArgumentParser
import POSIX

struct Keys: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the keys with which programs predict, makes one, revokes one.",
    discussion: """
      Keys are asked for where nginx/serve runs with PREDICT_AUTH=yes, which looks into log/keys unless \
      its setting LOG names another folder; it knows of a change at once.
      """,
    subcommands: [List.self, Add.self, Revoke.self], defaultSubcommand: List.self)

  struct Place: ParsableArguments {
    @Option(help: ArgumentHelp("The file of keys.", valueName: "file"))
    var keys = "log/keys"
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the keys, without what opens anything.")

    @OptionGroup var place: Place

    func run() throws {
      var text = TextTable(
        ["key", "a minute", "made (UTC)", "revoked (UTC)"], wordColumns: [0, 2, 3])
      for key in KeyFile(try AccountFile.read(place.keys)).keys {
        text.add([
          key.name, "\(key.perMinute)", key.created.tableTime,
          key.revoked?.tableTime ?? "–",
        ])
      }
      for line in text.lines { print(line) }
    }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a key and prints it, this once.")

    @Argument(help: "What the log of predictions calls it: \(Person.nameWords).")
    var name: String

    @Option(
      help: ArgumentHelp(
        "How many requests a minute each responder process takes.", valueName: "number"))
    var perMinute = AccessKey.usualQuota

    @OptionGroup var place: Place

    func validate() throws {
      guard Person.isName(name) else {
        throw ValidationError("A name is of \(Person.nameWords).")
      }
      guard 1...1_000_000 ~= perMinute else {
        throw ValidationError("--per-minute is a number of requests from 1 to 1000000.")
      }
    }

    func run() throws {
      let (key, kept) = AccessKey.make(name, perMinute: perMinute)
      try AccountFileEditor(place.keys).change { lines in
        let isTaken = KeyFile(lines.joined(separator: "\n")).keys.contains {
          $0.name == name && $0.revoked == nil
        }
        guard !isTaken else { throw TakenName(name: name) }
        lines.append(kept.line)
      }
      print(key)
    }
  }

  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Makes a key good for nothing.")

    @Argument(help: "The name.")
    var name: String

    @OptionGroup var place: Place

    func run() throws {
      try AccountFileEditor(place.keys).change { lines in
        var isFound = false
        for (index, line) in lines.enumerated() {
          guard var key = AccessKey(line: line), key.name == name, key.revoked == nil else {
            continue
          }
          key.revoked = Moment.now.wholeSeconds
          lines[index] = key.line
          isFound = true
        }
        guard isFound else { throw UnknownName(name: name, place: place.keys) }
      }
      print("\(name) is revoked.")
    }
  }
}

/// A name that a good key has.
private struct TakenName: Error, CustomStringConvertible {
  let name: String
  var description: String { "\(name) has a key; revoke it first" }
}
