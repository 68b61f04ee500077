import FoundationEssentials
import POSIX
import Patients
import RandomForest

/// A version's folder as it was read: regular files alone, which are those that its name stands for.
///
/// What is small is read once, so that what was checked is what is used.
struct VersionFolder {
  /// The most bytes of a file but the forest and the picture.
  static let maximumPaperSize = 1 << 20
  /// A forest of more bytes is compared with the manifest before memory is given to it: a file with
  /// holes may state any length.
  static let greatestUnlistedForest = 64 << 20

  let path: String
  /// The folder's name, which is the version.
  let name: String
  /// The manifest; nil in versions of before there were any.
  let manifest: Manifest?
  /// The whole digest; nil without a manifest.
  let digest: String?
  let signature: VersionSignature?
  private let papers: [String: [UInt8]]

  private static let paperNames = [
    "schema.json", "card.json", "evaluation.json", "comparison.json",
  ]

  /// Reads a folder and checks everything in it but the forest and the picture.
  ///
  /// - Throws: `RegistryError` for a folder in which something is damaged or cannot be read.
  init(_ path: String) throws(RegistryError) {
    self.path = path
    name = String(path.split(separator: "/").last ?? "")
    let files = try Self.files(in: path)
    var papers: [String: [UInt8]] = [:]
    for name in Self.paperNames + [Manifest.fileName, VersionSignature.fileName]
    where files.contains(name) {
      papers[name] = try Self.read("\(path)/\(name)")
    }
    guard let card = papers["card.json"] else {
      throw RegistryError(.damaged, description: "\(path)/card.json: this file is missing")
    }
    signature = papers.removeValue(forKey: VersionSignature.fileName)
      .flatMap(VersionSignature.init)
    if let text = papers.removeValue(forKey: Manifest.fileName) {
      guard let manifest = Manifest(parsing: String(decoding: text, as: UTF8.self)) else {
        throw Self.damage(name, "\(Manifest.fileName) is no list of digests")
      }
      try Self.compare(files, with: manifest, of: name)
      for (file, bytes) in papers where SHA256.digest(of: bytes) != manifest.digests[file] {
        throw Self.strange(name, file)
      }
      self.manifest = manifest
      digest = VersionName.digest(manifest, card: card)
    } else {
      manifest = nil
      digest = nil
    }
    for (file, bytes) in papers where !Self.isPlain(bytes) {
      throw Self.damage(name, "\(file) holds characters that no text of a model has")
    }
    self.papers = papers
  }

  /// Whether the folder has its name by the rule of before there were manifests.
  var hasOlderName: Bool { digest.map { VersionName.short($0) != name } ?? true }

  /// Reads the forest, and checks it and all that is left.
  ///
  /// It is not mapped: whoever can write into the file could change it after it was checked.
  ///
  /// - Throws: as above, and `ForestFileError` for a damaged forest.
  func forest() throws -> Forest {
    let forest = try unchecked()
    if let manifest {
      let rest = manifest.digests.filter { papers[$0.key] == nil }
      for (file, digest) in rest.sorted(by: { $0.key < $1.key }) {
        let found =
          file == "forest.rf" ? forest.sha256 : try Self.digest(ofFile: "\(path)/\(file)")
        guard found == digest else { throw Self.strange(name, file) }
      }
    }
    if hasOlderName, VersionName.older(forest, card: papers["card.json"]!) != name {
      throw Self.strange(name, manifest == nil ? "forest.rf or card.json" : Manifest.fileName)
    }
    try forest.verify()
    return forest
  }

  /// The card, whose values are such as a training writes.
  func card() throws(RegistryError) -> ModelCard {
    let card = try decode(ModelCard.self, "card.json")
    guard card.modelVersion == name else { throw Self.strange(name, "card.json") }
    try card.check(schema())
    return card
  }

  /// What the model knows of patients; of a version of before that was kept, what all did.
  ///
  /// - Throws: `RegistryError` for a description that is wrong.
  func schema() throws(RegistryError) -> PatientSchema {
    guard let bytes = papers["schema.json"] else { return .drug200 }
    do throws(DescriptionError) {
      return try PatientSchema(TableDescription(parsing: bytes))
    } catch {
      throw RegistryError(.damaged, description: "\(path)/schema.json: \(error)")
    }
  }

  /// What a file in JSON holds; nil when there is none.
  func decodeIfPresent<Value: Decodable>(
    _ type: Value.Type, _ file: String
  ) throws(RegistryError) -> Value? {
    papers[file] == nil ? nil : try decode(type, file)
  }

  /// What a file in JSON holds.
  func decode<Value: Decodable>(
    _ type: Value.Type, _ file: String
  ) throws(RegistryError) -> Value {
    guard let bytes = papers[file] else {
      throw RegistryError(.damaged, description: "\(path)/\(file): this file is missing")
    }
    return try RegistryJSON.decode(type, from: Data(bytes), of: "\(path)/\(file)")
  }

  /// What is wrong with a file that is not the one that the name stands for.
  private static func strange(_ name: String, _ file: String) -> RegistryError {
    damage(name, "its files are not those that its name stands for: \(file)")
  }

  private static func damage(_ name: String, _ words: String) -> RegistryError {
    RegistryError(.damaged, description: "model \(name) is damaged: \(words)")
  }

  /// The names of a folder's files, which are regular ones; what begins with a point is nobody's.
  static func files(in path: String) throws(RegistryError) -> Set<String> {
    guard let status = FileStatus(of: path, followsLinks: false), status.isFolder else {
      throw RegistryError(.damaged, description: "\(path): this is no folder")
    }
    let all: [String]
    do {
      all = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw RegistryError(.unreadable, description: "\(path): \(error)")
    }
    let names = all.filter { !$0.hasPrefix(".") }
    for name in names {
      let status = FileStatus(of: "\(path)/\(name)", followsLinks: false)
      if status?.isRegular == true { continue }
      // A folder leads nowhere: somebody may be at work here.
      throw RegistryError(
        status?.isFolder == true ? .unreadable : .damaged,
        description: "\(path)/\(name): this is a link or no regular file")
    }
    return Set(names)
  }

  private static func compare(
    _ files: Set<String>, with manifest: Manifest, of name: String
  ) throws(RegistryError) {
    let own = files.subtracting([Manifest.fileName, VersionSignature.fileName])
    if let missing = Set(manifest.digests.keys).subtracting(own).min() {
      throw damage(name, "\(missing) is missing")
    }
    if let strange = own.subtracting(manifest.digests.keys).min() {
      throw damage(name, "\(Manifest.fileName) does not know \(strange)")
    }
  }

  /// Reads a small file.
  static func read(_ path: String) throws(RegistryError) -> [UInt8] {
    do throws(SystemError) {
      let (file, status) = try FileDescriptor.regular(path, followsLinks: false)
      defer { file.close() }
      guard status.size <= maximumPaperSize else {
        throw SystemError(
          "read", path, reason: "the file has more than \(maximumPaperSize.grouped) bytes")
      }
      return try file.bytes(status.size)
    } catch {
      let isDamage = error.code == 0 || error.code == ELOOP || error.code == ENOENT
      throw RegistryError(
        isDamage ? .damaged : .unreadable, description: "\(path): \(error.reason)")
    }
  }

  /// The digest of a file of any size.
  static func digest(ofFile path: String) throws -> String {
    let (file, _) = try FileDescriptor.regular(path, followsLinks: false)
    defer { file.close() }
    let hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try file.read(into: &buffer)
      if count == 0 { return hash.finish() }
      buffer[..<count].withUnsafeBytes { hash.update($0) }
    }
  }

  private func unchecked() throws -> Forest {
    let path = "\(path)/forest.rf"
    guard let size = FileStatus(of: path, followsLinks: false)?.size else {
      throw RegistryError(.damaged, description: "\(path): this file is missing")
    }
    if size > Self.greatestUnlistedForest, let manifest,
      try Self.digest(ofFile: path) != manifest.digests["forest.rf"]
    {
      throw Self.strange(name, "forest.rf")
    }
    return try Forest(reading: path)
  }

  /// Whether a JSON text has no character, as it stands or as an escape, that a terminal, a header or
  /// a line of a log would take for more than a letter.
  private static func isPlain(_ bytes: [UInt8]) -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self),
      text.unicodeScalars.allSatisfy({ $0 == "\n" || $0.isVisible })
    else { return false }
    var rest = bytes[...]
    while let backslash = rest.firstIndex(of: UInt8(ascii: "\\")) {
      rest = rest[(backslash + 1)...]
      guard let escaped = rest.popFirst(), #""\/"#.utf8.contains(escaped) else { return false }
    }
    return true
  }
}
