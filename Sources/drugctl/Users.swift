import Accounts
import ArgumentParser
import POSIX

struct Users: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists those who may sign in, adds one, removes one.",
    discussion: """
      A running service knows of it at once. 'nginx/serve' looks into log/htpasswd unless its settings \
      LOG or HTPASSWD name another file.
      """,
    subcommands: [List.self, Add.self, Remove.self], defaultSubcommand: List.self)

  struct Place: ParsableArguments {
    @Option(help: ArgumentHelp("The password file.", valueName: "file"))
    var passwords = "log/htpasswd"
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists those who may sign in.")

    @OptionGroup var place: Place

    func run() throws {
      let file = PasswordFile(try AccountFile.read(place.passwords))
      var text = TextTable(["user", "roles"], wordColumns: [0, 1])
      for entry in file.entries {
        text.add([entry.person.name, Users.words(entry.person.roles)])
      }
      for line in text.lines { print(line) }
      for fault in file.faults {
        Console.warn("line \(fault.line) is not in force: \(fault.reason)")
      }
    }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lets somebody sign in, or gives them other roles and another password.",
      discussion: """
        The password is asked for twice, or is the first line of --password-file or of standard input.
        """)

    @Argument(help: "The name: \(Person.nameWords).")
    var name: String

    @Option(
      help: ArgumentHelp(
        "What they may do, with commas between: clinician, engineer, auditor.", valueName: "roles"))
    var roles: String

    @Option(help: ArgumentHelp("Take the password from this file's first line.", valueName: "file"))
    var passwordFile: String?

    @OptionGroup var place: Place

    func validate() throws {
      guard Person.isName(name) else {
        throw ValidationError("A name is of \(Person.nameWords).")
      }
      guard PasswordFile.roles(roles) != nil else {
        throw ValidationError("--roles is of clinician, engineer, auditor, with commas between.")
      }
    }

    func run() throws {
      let roles = PasswordFile.roles(roles)!
      let editor = try AccountFileEditor(place.passwords)
      let hash = try PasswordHash(of: try NewPassword.read(from: passwordFile))
      let words = Role.allCases.filter(roles.contains).map(\.rawValue).joined(separator: ",")
      let line = "\(name):\(hash.text):\(words)"
      try editor.change { lines in
        let place = lines.firstIndex { $0.hasPrefix("\(name):") } ?? lines.count
        lines.removeAll { $0.hasPrefix("\(name):") }
        lines.insert(line, at: min(place, lines.count))
      }
      print("\(name) may sign in: \(Users.words(roles)).")
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lets somebody sign in no more.")

    @Argument(help: "The name.")
    var name: String

    @OptionGroup var place: Place

    func run() throws {
      try AccountFileEditor(place.passwords).change { lines in
        let before = lines.count
        lines.removeAll { $0.hasPrefix("\(name):") }
        guard lines.count < before else { throw UnknownName(name: name, place: place.passwords) }
      }
      print("\(name) may sign in no more.")
    }
  }

  private static func words(_ roles: Set<Role>) -> String {
    Role.allCases.filter(roles.contains).map(\.rawValue).joined(separator: ", ")
  }
}

/// A name that a file does not have.
struct UnknownName: Error, CustomStringConvertible {
  let name: String
  let place: String
  var description: String { "\(place): there is no \(name)" }
}
