import FoundationEssentials
import POSIX

/// The JSON files of the registry: names in snake_case, one value the same bytes always.
enum RegistryJSON {
  /// - Parameter indents: whether people are to read it.
  static func encode(_ value: some Encodable, indents: Bool = true) throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if indents { encoder.outputFormatting.insert(.prettyPrinted) }
    return try encoder.encode(value) + Data("\n".utf8)
  }

  static func write(_ value: some Encodable, to path: String, mode: mode_t = 0o644) throws {
    try encode(value).withUnsafeBytes { try DurableFile.write($0, to: path, mode: mode) }
  }

  /// Reads a file.
  ///
  /// - Throws: `RegistryError` with the path and the reason.
  static func read<Value: Decodable>(
    _ type: Value.Type, from path: String
  ) throws(RegistryError) -> Value {
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw RegistryError(
        FileStatus.exists(path) ? .unreadable : .other, description: "\(path): \(error)")
    }
    return try decode(type, from: bytes, of: path)
  }

  /// Reads the content of a file.
  ///
  /// - Throws: as above.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: Data, of path: String
  ) throws(RegistryError) -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      return try decoder.decode(type, from: bytes)
    } catch {
      throw RegistryError(description: "\(path): \(error)")
    }
  }
}
