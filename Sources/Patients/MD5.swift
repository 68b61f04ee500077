import CCrypto

/// The MD5 digest (RFC 1321), by OpenSSL's libcrypto: for hashes of passwords that Apache made, which are
/// made of it, and nothing else.
package enum MD5 {
  /// The digest, 16 bytes.
  package static func digest(of bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 16)
    guard EVP_Digest(bytes, bytes.count, &digest, nil, EVP_md5(), nil) == 1 else {
      preconditionFailure("libcrypto has no MD5")
    }
    return digest
  }
}
