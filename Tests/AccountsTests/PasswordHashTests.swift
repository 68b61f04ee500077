import Testing
@testable import Accounts

@Suite struct PasswordHashTests {
  /// Made by `openssl passwd` and by libcrypt itself.
  static let hashes = [
    "$6$abcdefgh$/LgbnlaSNLgSB4AR66V08WZO6xuzdVPNpc0gRO77Qt0e0vMMrIdjsx.31Oppr90FNP48QkdG9uMjlGFRtvEMc/",
    "$5$abcdefgh$9.gdQcve0xaiCKBWcrPiW3r/94aiN93mcplo/uKvMx4",
    "$1$abcdefgh$RJeKULAf3yXiGJaAYAF3T0", "$apr1$abcdefgh$OYNsNpEHnFGqIF5VK6.C6/",
    "$y$j75$V7qMYJaNbVKOeh4PhtqPk3bQnFLRqR5StdLMWB4N$dxg2vKNpZAP3KD5yeB3PYS2qIuCb8Qd/ot1Ti9oX4v9",
    "$2y$04$WUHhXETkX0fnYkrqZU3ta.7bDAl.QxRnV2T80kEkzmH04WIq0LXDS",
  ]

  @Test("A password goes with its hash and with no other", arguments: hashes)
  func matching(_ text: String) throws {
    let hash = try #require(PasswordHash(text))
    #expect(hash.matches("Grüße: 1"))
    for other in ["", "Grüße: 2", "Grüße: 1 ", text] { #expect(!hash.matches(other)) }
  }

  @Test(
    "Apache's hash is that of any length",
    arguments: [
      ("", "$apr1$abcdefgh$L.PT565ESX4Tp2bqNs7Ie."),
      ("a long password of more than sixteen bytes", "$apr1$xy$bJTjIbVON.GFvm1mBUo2Y."),
    ])
  func lengths(_ password: String, _ text: String) throws {
    #expect(try #require(PasswordHash(text)).matches(password))
  }

  @Test(
    "What cannot be checked is no hash",
    arguments: [
      "", "secret", "{PLAIN}secret", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "{SSHA}x", "$7$x", "$6",
      "*",
      "!", "abJnggxhB/yWI",
    ])
  func others(_ text: String) {
    #expect(PasswordHash(text) == nil)
  }

  @Test(
    "A salt alone lets nobody in", arguments: ["$6$abcdefgh", "$6$abcdefgh$", "$apr1$abcdefgh$"])
  func noHash(_ text: String) {
    #expect(PasswordHash(text)?.matches("") != true)
  }

  @Test func whatIsMadeIsMatchedAndSaltedAnew() throws {
    let hash = try PasswordHash(of: "correct horse")
    #expect(hash.text.hasPrefix("$y$"))
    #expect(try #require(PasswordHash(hash.text)).matches("correct horse"))
    #expect(!hash.matches("correct horsf"))
    #expect(try PasswordHash(of: "correct horse") != hash)
  }
}
