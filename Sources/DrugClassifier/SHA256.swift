import CCrypto

/// The SHA-256 digest of bytes that come in pieces (FIPS 180-4), by OpenSSL's libcrypto.
final class SHA256 {
  private let context: OpaquePointer

  init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("libcrypto has no SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// The digest of bytes that are all there, as 64 hexadecimal digits.
  static func digest(of bytes: UnsafeRawBufferPointer) -> String {
    let hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  func update(_ bytes: UnsafeRawBufferPointer) {
    EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  /// Ends the input and gives the digest as 64 hexadecimal digits.
  func finish() -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &digest, nil)
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
