import Testing
@testable import Tracing

@Suite struct TraceParentTests {
  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  private static let span = "00f067aa0ba902b7"

  @Test(arguments: [("00", false), ("01", true), ("02", false), ("ff", true)])
  func whatAClientNamesIsRead(flags: String, isSampled: Bool) throws {
    let parent = try #require(TraceParent("00-\(Self.trace)-\(Self.span)-\(flags)"))
    #expect(parent.trace == Self.trace && parent.span == 0x00f0_67aa_0ba9_02b7)
    #expect(parent.isSampled == isSampled)
  }

  @Test(arguments: [
    "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-01-more",
    "00-\(trace)-\(span)-01 ", " 00-\(trace)-\(span)-01", "00-\(trace)-\(span)-0x",
    "00-\(trace.uppercased())-\(span)-01", "00-\(trace)-\(span.uppercased())-01",
    "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01",
    "00_\(trace)-\(span)-01", "ff-\(trace)-\(span)-01", "FF-\(trace)-\(span)-01",
    "0g-\(trace)-\(span)-01", "cc-\(trace)-\(span)-01.what", "00-\(trace)\u{e9}\(span)-01",
  ])
  func whatIsNoneIsPassedOver(header: String) {
    #expect(TraceParent(header) == nil)
  }

  @Test(arguments: ["", "-", "-what-the-future-will-be", "-."])
  func ofALaterVersionWhatIsKnownIsRead(more: String) {
    let parent = TraceParent("cc-\(Self.trace)-\(Self.span)-01\(more)")
    #expect(parent == TraceParent("00-\(Self.trace)-\(Self.span)-01") && parent != nil)
  }

  @Test func aTraceOfHalfZerosIsOne() {
    #expect(TraceParent("00-0000000000000000a3ce929d0e0e4736-\(Self.span)-01") != nil)
    #expect(TraceParent("00-4bf92f3577b34da60000000000000000-\(Self.span)-01") != nil)
  }

  @Test(arguments: [
    ("congo=t61rcWkgMzE", "congo=t61rcWkgMzE"), ("a=1, b=2\t,,c=3 ", "a=1,b=2,c=3"),
    ("fw529a3039@dt=FfeeI4n,r/o*-_=~ x", "fw529a3039@dt=FfeeI4n,r/o*-_=~ x"),
  ])
  func theStateOfATraceIsHandedOn(header: String, told: String) {
    #expect(TraceParent.state(header) == told)
  }

  @Test(arguments: [
    "", ",", "a", "=1", "a=", "A=1", "a=1=2", "a b=1", "a=\u{7f}", "a=\u{e9}", "a=1,\u{0},b=2",
    (0..<33).map { "k\($0)=v" }.joined(separator: ","), "a=" + String(repeating: "x", count: 511),
    String(repeating: "k", count: 257) + "=1",
  ])
  func aStateThatIsNoneIsDroppedWhole(header: String) {
    #expect(TraceParent.state(header) == nil)
  }

  @Test func asManyMembersAsMayBeAreHandedOn() {
    let most = (0..<32).map { "k\($0)=v" }.joined(separator: ",")
    #expect(TraceParent.state(most) == most)
    let longest = "a=" + String(repeating: "x", count: 256)
    #expect(TraceParent.state(longest) == longest)
  }
}
