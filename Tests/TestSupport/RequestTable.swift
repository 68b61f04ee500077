import FoundationEssentials

/// The requests of bad-requests.json and what must come back for each; make-bad-requests.py says what
/// its columns mean.
public struct RequestTable: Decodable, Sendable {
  /// One body of POST /predict.
  public struct Row: Decodable, Sendable, CustomStringConvertible {
    /// What is sent.
    public let name: String
    /// The Content-Type, nil for none.
    public let contentType: String?
    /// The body.
    public let body: [UInt8]
    /// The status that must come back.
    public let status: Int
    /// The pointer and the code of each error.
    public let errors: [[String]]
    /// A text that no answer may repeat.
    public let secret: String?

    /// What is sent.
    public var description: String { name }

    private enum CodingKeys: String, CodingKey {
      case name, contentType = "content_type", body, bodyBase64 = "body_base64", status, errors
      case secret
    }

    /// Reads a row.
    public init(from decoder: any Decoder) throws {
      let row = try decoder.container(keyedBy: CodingKeys.self)
      name = try row.decode(String.self, forKey: .name)
      contentType = try row.decode(String?.self, forKey: .contentType)
      status = try row.decode(Int.self, forKey: .status)
      errors = try row.decode([[String]].self, forKey: .errors)
      secret = try row.decodeIfPresent(String.self, forKey: .secret)
      if let base64 = try row.decodeIfPresent(Data.self, forKey: .bodyBase64) {
        body = Array(base64)
      } else if let pieces = try? row.decode([Piece].self, forKey: .body) {
        body = pieces.flatMap { $0.bytes }
      } else {
        body = Array(try row.decode(String.self, forKey: .body).utf8)
      }
    }
  }

  private struct Piece: Decodable {
    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
      var pair = try decoder.unkeyedContainer()
      let text = Array(try pair.decode(String.self).utf8)
      bytes = Array(repeatElement(text, count: try pair.decode(Int.self)).joined())
    }
  }

  /// Requests that are refused.
  public let bad: [Row]
  /// Requests right beside a limit that get a drug.
  public let good: [Row]

  /// Reads the table.
  public init() throws {
    let path = "\(repositoryRoot)/Tests/TestSupport/bad-requests.json"
    self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(filePath: path)))
  }
}
