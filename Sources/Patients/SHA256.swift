import CCrypto

/// The SHA-256 digest of bytes that come in pieces (FIPS 180-4), by OpenSSL's libcrypto.
package final class SHA256 {
  private let context: OpaquePointer

  package init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("libcrypto has no SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// The digest of bytes that are all there, as 64 hexadecimal digits.
  package static func digest(of bytes: UnsafeRawBufferPointer) -> String {
    let hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  /// The same of an array.
  package static func digest(of bytes: [UInt8]) -> String { bytes.withUnsafeBytes(digest) }

  /// The same of a text in UTF-8.
  package static func digest(of text: String) -> String {
    let hash = SHA256()
    hash.update(text)
    return hash.finish()
  }

  package func update(_ bytes: UnsafeRawBufferPointer) {
    EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  package func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// Ends the input and gives the digest as 64 hexadecimal digits.
  package func finish() -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &digest, nil)
    return digest.map { $0.hexadecimal(digitCount: 2) }.joined()
  }
}
