import CCrypt
package import POSIX

/// The hash of a password, as crypt(3) and `htpasswd` write it.
package struct PasswordHash: Sendable, Equatable {
  /// The longest password, in bytes: a hash's work grows with it.
  package static let maximumPasswordLength = 256
  /// SHA-512, SHA-256, yescrypt, bcrypt in three spellings, and MD5.
  private static let prefixes = ["$6$", "$5$", "$y$", "$2y$", "$2b$", "$2a$", "$1$"]

  /// The form with its settings, its salt and the hash.
  package let text: String

  /// Takes a hash over.
  ///
  /// - Returns: nil for a form that is not checked here, such as `{PLAIN}` and `{SHA}`.
  package init?(_ text: String) {
    guard text.hasPrefix(ApacheMD5.prefix) || Self.isKnown(text) else { return nil }
    self.text = text
  }

  /// Whether crypt(3) knows the form, without the work of a hash.
  private static func isKnown(_ text: String) -> Bool {
    guard prefixes.contains(where: text.hasPrefix) else { return false }
    switch crypt_checksalt(text) {
    case CRYPT_SALT_INVALID, CRYPT_SALT_METHOD_DISABLED: return false
    default: return true
    }
  }

  /// Makes the hash of a password, with a random salt: yescrypt, as Debian does.
  ///
  /// - Throws: `SystemError` when the system has no random numbers.
  package init(of password: String) throws(SystemError) {
    guard let setting = crypt_gensalt_ra("$y$", 0, nil, 0) else {
      throw SystemError("crypt_gensalt", "a salt")
    }
    defer { free(setting) }
    guard let text = Self.hash(password, setting: String(cString: setting)) else {
      throw SystemError("crypt", "a password")
    }
    self.text = text
  }

  /// Whether it is the hash of a password; takes as long for a wrong one.
  package func matches(_ password: String) -> Bool {
    let made =
      text.hasPrefix(ApacheMD5.prefix)
      ? ApacheMD5.hash(Array(password.utf8), setting: text) : Self.hash(password, setting: text)
    guard let made, made.utf8.count == text.utf8.count else { return false }
    return zip(made.utf8, text.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// - Returns: nil for a setting that crypt(3) does not know.
  private static func hash(_ password: String, setting: String) -> String? {
    var memory: UnsafeMutableRawPointer?
    var size: Int32 = 0
    // The password lies there too.
    defer {
      if let memory { memset(memory, 0, Int(size)) }
      free(memory)
    }
    guard let made = crypt_ra(password, setting, &memory, &size) else { return nil }
    let text = String(cString: made)
    // What fails begins with a star.
    return text.hasPrefix("*") ? nil : text
  }
}
