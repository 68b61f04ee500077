import ArgumentParser
import POSIX
import Patients

struct Describe: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Drafts the description of a table, or the statement that counts its rows.",
    discussion: """
      The draft is a Data Package: put it beside the data as \(TableDescription.fileName), and look at \
      what is said of it on standard error. With --sql, what the fields are follows from --schema, from \
      the description beside the file, or else from the file itself. docs/your-own-data.md tells more.
      """)

  @Argument(help: ArgumentHelp("A CSV file of patients.", valueName: "file"))
  var file: String?

  @OptionGroup var description: DescriptionOptions

  @Option(
    help: ArgumentHelp("Write the draft there (default: standard output).", valueName: "file"))
  var output: String?

  @Flag(help: "Replace a file that is there.")
  var force = false

  @Flag(
    help:
      "Print the statement in SQL that counts equal rows, for tables that are too large to move.")
  var sql = false

  @Option(
    help: ArgumentHelp("The table's name in SQL (default: that of the file).", valueName: "name"))
  var table: String?

  func validate() throws {
    guard file != nil || (sql && description.schema != nil) else {
      throw ValidationError("Name a file, or a description with --schema for --sql.")
    }
    guard sql || description.schema == nil else {
      throw ValidationError("--schema is for --sql: without, a description is drafted.")
    }
    guard sql || table == nil else { throw ValidationError("--table is for --sql.") }
  }

  func run() throws {
    let text: String
    var notes: [String] = []
    if sql {
      let known = try known()
      do throws(DescriptionError) {
        text = try known.sql(from: table)
      } catch {
        throw error.naming(description.schema ?? file!)
      }
    } else {
      let draft = try TableDraft(path: file!, target: description.target)
      (text, notes) = (draft.text, draft.notes)
    }
    if let output {
      guard force || !FileStatus.exists(output) else {
        throw Refusal(description: "\(output) is there already; --force replaces it")
      }
      try DurableFile.write(Array(text.utf8), to: output)
    } else {
      print(text, terminator: "")
    }
    guard !notes.isEmpty else { return }
    Console.tell("Look at:\n" + notes.map { "  \($0)\n" }.joined())
  }

  /// The description that is there, or one that is drafted.
  private func known() throws -> TableDescription {
    if let schema = description.schema { return try TableDescription(path: schema, of: file) }
    if let known = try TableDescription(besides: file!) { return known }
    return try TableDraft(path: file!, target: description.target).description
  }

  private struct Refusal: Error, CustomStringConvertible {
    let description: String
  }
}
