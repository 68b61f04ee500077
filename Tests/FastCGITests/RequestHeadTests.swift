import Testing

@testable import FastCGI

@Suite struct RequestHeadTests {
  private func head(_ parameters: [String]) -> RequestHead {
    var texts = parameters.map { $0.utf8CString.map { $0 } }
    func read(_ texts: inout [[CChar]], _ pointers: [UnsafeMutablePointer<CChar>?]) -> RequestHead {
      guard pointers.count < texts.count else {
        var pointers = pointers + [nil]
        return pointers.withUnsafeMutableBufferPointer { RequestHead($0.baseAddress!) }
      }
      var text = texts[pointers.count]
      return text.withUnsafeMutableBufferPointer { read(&texts, pointers + [$0.baseAddress]) }
    }
    return read(&texts, [])
  }

  @Test func whatTheWebServerTellsIsFoundWhateverStandsBesideIt() {
    let head = head([
      "PATH=/bin", "REQUEST_METHOD=POST", "REQUEST_METHODS=GET", "PATH_INFO=/a=b", "REQUEST_ID=1",
      "QUERY_STRING=", "CONTENT_TYPE=text/csv", "CONTENT_LENGTH=12", "TOLD_REQUEST_ID=mine",
    ])
    #expect(head.method == "POST" && head.path == "/a=b" && head.query == "")
    #expect(head.contentType == "text/csv" && head.contentLength == 12)
    #expect(head.id == "1" && head.clientID == "mine" && !head.isHead)
  }

  @Test func ofSeveralTheFirstCountsAndNothingIsNothing() {
    let twice = head(["PATH_INFO=/a", "PATH_INFO=/b", "REQUEST_ID=", "REQUEST_METHOD=HEAD"])
    #expect(twice.path == "/a" && twice.id == nil && twice.isHead)
    let empty = head([])
    #expect(empty.method.isEmpty && empty.path.isEmpty && empty.contentType.isEmpty)
    #expect(empty.id == nil && empty.clientID == nil && empty.contentLength == 0)
  }

  @Test func aNameThatIsTheWebServersOwnIsToldOnce() {
    #expect(head(["REQUEST_ID=a", "TOLD_REQUEST_ID=a"]).clientID == nil)
    #expect(head(["TOLD_REQUEST_ID=a"]).clientID == "a")
  }

  @Test(
    "A length is a number of digits, or none",
    arguments: [
      ("", 0), ("0", 0), ("00012", 12), ("999999999999999999", 999_999_999_999_999_999),
      ("1000000000000000000", .max), ("99999999999999999999999999", .max), ("-1", nil),
      ("+1", nil), ("1 ", nil), ("1e3", nil), ("0x10", nil), ("\u{661}", nil),
    ])
  func lengths(_ stated: String, _ length: Int?) {
    #expect(head(["CONTENT_LENGTH=\(stated)"]).contentLength == length)
  }
}
