import Testing
@testable import Accounts

@Suite struct AccessKeyTests {
  @Test func aKeyIsKnownByItsDigestAlone() throws {
    let (key, kept) = AccessKey.make("ward-3", perMinute: 60)
    let (other, _) = AccessKey.make("ward-3", perMinute: 60)
    #expect(key.utf8.count == 46 && key != other)
    #expect(!kept.line.contains(key))
    let file = KeyFile("\(kept.line)\nnonsense\n")
    #expect(file.keys == [kept])
    #expect(file.holder(of: key) == kept)
    for wrong in ["", other, kept.digest, key.uppercased()] {
      #expect(file.holder(of: wrong) == nil)
    }
  }

  @Test func aRevokedKeyIsListedAndGoodForNothing() throws {
    var (key, kept) = AccessKey.make("ward-3", perMinute: 60)
    kept.revoked = "2026-01-31T12:00:00Z"
    let file = KeyFile(kept.line)
    #expect(file.keys == [kept] && file.holder(of: key) == nil)
  }
}
