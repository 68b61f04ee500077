import FoundationEssentials
import POSIX
public import Patients
import RandomForest

/// Tables of patients under names: `datasets/<name>/<digest>.csv` for each content that a name has had,
/// and the link `datasets/<name>/current` to its present one.
public struct DatasetStore: Sendable {
  /// The name of the table that every installation has.
  public static let builtInName = "drug200"
  /// The most bytes of a table that is added.
  public static let maximumByteCount = 64 << 20

  /// The folder of models, which the tables lie beside.
  public let root: String
  /// The file of the built-in table.
  public let builtInPath: String

  /// Names the folders; nothing is made until a table is added.
  public init(root: String, builtInPath: String = "data/drug200.csv") {
    self.root = root
    self.builtInPath = builtInPath
  }

  /// What is known of a table.
  public struct Entry: Encodable, Sendable, Equatable {
    /// The name.
    public let name: String
    /// The first 12 digits of the SHA-256 digest of the file.
    public let digest: String
    /// The number of patients.
    public let samples: Int
    /// When it was added, RFC 3339 in UTC; nil for the built-in table.
    public let uploadedAt: String?

    private enum CodingKeys: String, CodingKey {
      case name, digest, samples, uploadedAt = "uploaded_at"
    }

    /// Writes every key, null for what there is none of.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(digest, forKey: .digest)
      try container.encode(samples, forKey: .samples)
      try container.encode(uploadedAt, forKey: .uploadedAt)
    }
  }

  /// What became of a table that was to be added.
  public struct Addition: Sendable {
    /// The first 12 digits of the SHA-256 digest of the file.
    public let digest: String
    /// The table, checked.
    public let table: PatientTable
    /// Whether the name had this content already.
    public let wasThere: Bool
  }

  /// What a table's name is, in words.
  public static let nameWords = "1 to 40 of a-z, 0-9 and -, not beginning with -"

  /// Whether a text can be a table's name. None begins with the hyphen: it would be an option where names
  /// are given to a program.
  public static func isName(_ text: String) -> Bool {
    1...40 ~= text.utf8.count && text.utf8.first != UInt8(ascii: "-")
      && text.utf8.allSatisfy { byte in
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
          || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "-")
      }
  }

  private func folder(of name: String) -> String { "\(root)/datasets/\(name)" }

  /// The file of a table.
  ///
  /// - Throws: `RegistryError` when there is none of the name.
  public func path(of name: String) throws(RegistryError) -> String {
    if name == Self.builtInName { return builtInPath }
    let path = "\(folder(of: name))/current"
    guard Self.isName(name), FileStatus.exists(path) else {
      let names = entries.map(\.name).joined(separator: ", ")
      throw RegistryError(
        .unknownDataset, description: "there is no table of this name; there are: \(names)")
    }
    return path
  }

  /// What is measured of the patients of a table.
  ///
  /// - Throws: `RegistryError` when there is none of the name, and what reading its description throws.
  public func schema(of name: String) throws -> PatientSchema {
    if name == Self.builtInName {
      return try PatientSchema.describing(builtInPath, otherwise: .drug200)
    }
    _ = try path(of: name)
    let stored = try RegistryJSON.read(Stored.self, from: "\(folder(of: name))/current.json")
    // Tables of before descriptions were kept were all of one kind.
    guard let text = stored.schema else { return .drug200 }
    return try PatientSchema(TableDescription(parsing: Array(text.utf8)))
  }

  /// All tables, the built-in one first, the others by name.
  public var entries: [Entry] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/datasets")) ?? []
    let added = names.filter(Self.isName).sorted().compactMap(entry)
    guard let schema = try? schema(of: Self.builtInName),
      let table = try? PatientTable(path: builtInPath, schema: schema)
    else { return added }
    let builtIn = Entry(
      name: Self.builtInName, digest: String(table.digest.prefix(12)),
      samples: table.dataset.sampleCount, uploadedAt: nil)
    return [builtIn] + added
  }

  private func entry(_ name: String) -> Entry? {
    try? RegistryJSON.read(Stored.self, from: "\(folder(of: name))/current.json").entry(name)
  }

  /// What is kept of a table beside it, so that a list reads no table.
  private struct Stored: Codable {
    let digest: String
    let samples: Int
    let uploadedAt: String
    /// What is measured of the patients, a Table Schema.
    let schema: String?

    func entry(_ name: String) -> Entry {
      Entry(name: name, digest: digest, samples: samples, uploadedAt: uploadedAt)
    }
  }

  /// Checks a file of patients and adds its content under a name; what the name had before stays as
  /// a file.
  ///
  /// - Parameter schema: what is measured of them.
  /// - Throws: `TableError` when the file is no table of patients or too large, `RegistryError` for a
  ///   name that cannot be, `SystemError` when it cannot be written; the name then has what it had.
  public func add(_ name: String, file: String, schema: PatientSchema) throws -> Addition {
    guard Self.isName(name), name != Self.builtInName else {
      throw RegistryError(
        description: "a table's name is \(Self.nameWords), and not \(Self.builtInName)")
    }
    if let size = FileStatus(of: file)?.size, size > Self.maximumByteCount {
      throw TableError(
        message: "the file has \(size.grouped) bytes, more than "
          + "\(Self.maximumByteCount.grouped)")
    }
    // What is checked is in memory, so that it is what is kept, and nothing is made for what is refused.
    let bytes = try ImportedFile(path: file, limit: Self.maximumByteCount).bytes
    let table: PatientTable
    do {
      table = try PatientTable(bytes: bytes, schema: schema)
    } catch {
      throw error.naming(file)
    }
    let digest = String(table.digest.prefix(12))
    try makeFolder(of: name)
    let path = "\(folder(of: name))/\(digest).csv"
    let link = "\(folder(of: name))/current"
    let old = try? FileManager.default.destinationOfSymbolicLink(atPath: link)
    if old == "\(digest).csv", FileStatus.exists(path) {
      return Addition(digest: digest, table: table, wasThere: true)
    }
    try DurableFile.write(bytes, to: path, mode: PrivateFile.mode)
    try DurableFile.link(link, to: "\(digest).csv")
    try RegistryJSON.write(
      Stored(
        digest: digest, samples: table.dataset.sampleCount,
        uploadedAt: Moment.now.wholeSeconds, schema: schema.text),
      to: "\(folder(of: name))/current.json",
      mode: PrivateFile.mode)
    return Addition(digest: digest, table: table, wasThere: false)
  }

  /// Makes the folder of a table, or takes what others may do in it and with the tables that it has.
  private func makeFolder(of name: String) throws(SystemError) {
    for folder in ["\(root)/datasets", folder(of: name)] {
      try DurableFile.makeFolders(folder, mode: PrivateFile.folderMode)
      PrivateFile.withdraw(PrivateFile.everybodyElse, from: folder)
    }
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder(of: name))
    for file in names ?? [] {
      PrivateFile.withdraw(PrivateFile.everybodyElse, from: "\(folder(of: name))/\(file)")
    }
  }
}
