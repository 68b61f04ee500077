import Patients

/// A part of an inference request, and where it stands there.
struct InferencePart {
  let value: JSONValue
  /// The place as a JSON pointer (RFC 6901), empty for the whole.
  let pointer: String

  /// What is wrong with the part; the words never repeat a value.
  func wrong(_ words: String) -> ServiceError {
    .inference(.invalid("\(pointer.isEmpty ? "the request" : pointer) \(words)"))
  }

  /// The members of an object. One that is null is as good as absent: clients that are generated send all.
  ///
  /// - Parameter names: those that there may be; nil for any.
  func members(_ names: [String]?) throws(ServiceError) -> [String: InferencePart] {
    guard case .object(let members) = value else { throw wrong("must be an object") }
    var parts: [String: InferencePart] = [:]
    for member in members {
      if let names, !names.contains(where: member.isNamed) {
        throw wrong("has an unknown member; it may have \(names.joined(separator: ", "))")
      }
      if case .null = member.value { continue }
      // Of a name that could be anything, no more than a name has.
      let name = member.name.utf8.count > 64 ? "…" : member.name.jsonPointerEscaped
      parts[member.name] = InferencePart(value: member.value, pointer: "\(pointer)/\(name)")
    }
    return parts
  }

  /// The elements of a list.
  ///
  /// - Parameter limit: the most that there may be.
  func elements(atMost limit: Int) throws(ServiceError) -> [InferencePart] {
    guard case .array(let elements) = value else { throw wrong("must be a list") }
    guard elements.count <= limit else { throw wrong("must have at most \(limit) elements") }
    return elements.enumerated().map { index, element in
      InferencePart(value: element, pointer: "\(pointer)/\(index)")
    }
  }

  var text: String {
    get throws(ServiceError) {
      guard case .string(let text) = value else { throw wrong("must be a text") }
      return text
    }
  }

  var bool: Bool {
    get throws(ServiceError) {
      guard case .bool(let flag) = value else { throw wrong("must be true or false") }
      return flag
    }
  }

  /// A whole number, 0 or more.
  var count: Int {
    get throws(ServiceError) {
      guard case .number(let digits) = value, let count = Int(digits), count >= 0 else {
        throw wrong("must be a whole number, 0 or more")
      }
      return count
    }
  }

  /// Parameters: those that this service knows, and any others of the protocol's types, which mean
  /// nothing here.
  ///
  /// - Parameter refused: those that would change the answer, and cannot be heeded.
  func parameters(refusing refused: [String] = []) throws(ServiceError) -> [String: InferencePart] {
    let parameters = try members(nil)
    for (name, parameter) in parameters {
      switch parameter.value {
      case .string, .number, .bool: break
      default: throw parameter.wrong("must be a text, a number, true or false")
      }
      if refused.contains(name) { throw parameter.wrong("is not supported") }
    }
    return parameters
  }
}
