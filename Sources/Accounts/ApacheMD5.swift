import Patients

/// The hash that Apache's `htpasswd` makes by default: MD5 a thousand times over (apr_md5.c; P.-H. Kamp's
/// crypt of FreeBSD with another name in it, which is why crypt(3) does not make it).
enum ApacheMD5 {
  static let prefix = "$apr1$"

  /// The hash of a password.
  ///
  /// - Parameter setting: `$apr1$`, the salt and whatever follows it.
  static func hash(_ password: [UInt8], setting: String) -> String? {
    guard setting.hasPrefix(prefix) else { return nil }
    let salt = Array(setting.dropFirst(prefix.count).prefix { $0 != "$" }.prefix(8).utf8)
    var digest = MD5.digest(of: password + salt + password)
    var text = password + Array(prefix.utf8) + salt
    for place in stride(from: password.count, to: 0, by: -16) { text += digest.prefix(place) }
    var rest = password.count
    while rest > 0 {
      text.append(rest & 1 == 1 ? 0 : password[0])
      rest >>= 1
    }
    digest = MD5.digest(of: text)
    for round in 0..<1000 {
      let isOdd = round & 1 == 1
      text = isOdd ? password : digest
      if round % 3 != 0 { text += salt }
      if round % 7 != 0 { text += password }
      digest = MD5.digest(of: text + (isOdd ? digest : password))
    }
    return prefix + String(decoding: salt, as: UTF8.self) + "$" + encoded(digest)
  }

  /// A digest in the order and the alphabet of crypt(3).
  private static func encoded(_ digest: [UInt8]) -> String {
    let alphabet = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    var text = ""
    func put(_ value: Int, _ count: Int) {
      for place in 0..<count { text.append(alphabet[value >> (6 * place) & 63]) }
    }
    for (high, middle, low) in [(0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5)] {
      put(Int(digest[high]) << 16 | Int(digest[middle]) << 8 | Int(digest[low]), 4)
    }
    put(Int(digest[11]), 2)
    return text
  }
}
