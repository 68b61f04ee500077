import CCrypto
import POSIX

/// The keys and signatures of Ed25519 (RFC 8032), by OpenSSL's libcrypto, in the files that
/// `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write.
package enum Ed25519 {
  /// What is wrong with a file of keys.
  package struct KeyError: Error, CustomStringConvertible {
    package let description: String
  }

  /// A key that signs.
  package final class PrivateKey {
    private let key: OpaquePointer

    /// Reads a key.
    ///
    /// - Throws: `KeyError` for a text that is no private key of Ed25519 in PEM.
    package init(pem text: [UInt8]) throws(KeyError) {
      let source = Source(text)
      guard let key = PEM_read_bio_PrivateKey(source.file, nil, { _, _, _, _ in -1 }, nil) else {
        throw KeyError(description: "this is no private key in PEM without a password")
      }
      guard EVP_PKEY_get_base_id(key) == NID_ED25519 else {
        EVP_PKEY_free(key)
        throw KeyError(description: "this is no key of Ed25519")
      }
      self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// The key that tells whether a signature is this one's.
    package var publicKey: PublicKey { PublicKey(of: key) }

    /// The signature of a message, 64 bytes.
    package func sign(_ message: [UInt8]) -> [UInt8] {
      var signature = [UInt8](repeating: 0, count: 64)
      var count = signature.count
      let context = EVP_MD_CTX_new()
      defer { EVP_MD_CTX_free(context) }
      guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
        EVP_DigestSign(context, &signature, &count, message, message.count) == 1,
        count == signature.count
      else { preconditionFailure("libcrypto does not sign with a sound key") }
      return signature
    }
  }

  /// A key that tells whose a signature is.
  package struct PublicKey: Sendable, Equatable {
    /// Its 32 bytes.
    package let bytes: [UInt8]

    fileprivate init(of key: OpaquePointer) {
      var bytes = [UInt8](repeating: 0, count: 32)
      var count = bytes.count
      guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, count == bytes.count else {
        preconditionFailure("a key of Ed25519 has 32 bytes")
      }
      self.bytes = bytes
    }

    /// Reads all keys of a text.
    ///
    /// - Throws: `KeyError` for one that holds none, or another one than of Ed25519.
    package static func all(pem text: [UInt8]) throws(KeyError) -> [PublicKey] {
      let source = Source(text)
      var keys: [PublicKey] = []
      while let key = PEM_read_bio_PUBKEY(source.file, nil, nil, nil) {
        defer { EVP_PKEY_free(key) }
        guard EVP_PKEY_get_base_id(key) == NID_ED25519 else {
          throw KeyError(description: "a key is not of Ed25519")
        }
        keys.append(PublicKey(of: key))
      }
      // One block that cannot be read must not hide those behind it.
      let blocks = text.split(separator: UInt8(ascii: "\n")).count { $0.starts(with: Self.start) }
      guard !keys.isEmpty, blocks == keys.count else {
        throw KeyError(description: "this is not one public key or more in PEM")
      }
      return keys
    }

    private static let start = Array("-----BEGIN ".utf8)

    /// The SHA-256 digest of the key, by which it is named.
    package var name: String { SHA256.digest(of: bytes) }

    /// Whether a signature of a message was made with the private key of this one.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
      guard signature.count == 64,
        let key = EVP_PKEY_new_raw_public_key(NID_ED25519, nil, bytes, bytes.count)
      else { return false }
      defer { EVP_PKEY_free(key) }
      let context = EVP_MD_CTX_new()
      defer { EVP_MD_CTX_free(context) }
      return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
        && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
  }

  /// A text as libcrypto reads files.
  private final class Source {
    let file: OpaquePointer?
    private let memory: UnsafeMutableRawBufferPointer

    init(_ text: [UInt8]) {
      memory = .allocate(byteCount: text.count, alignment: 1)
      memory.copyBytes(from: text)
      file = BIO_new_mem_buf(memory.baseAddress, Int32(text.count))
    }

    deinit {
      BIO_free(file)
      memory.deallocate()
    }
  }
}
