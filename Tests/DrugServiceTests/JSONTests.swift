import FoundationEssentials
import RandomForest
import TestSupport
import Testing

@testable import DrugService
import Patients

@Suite struct JSONTests {
  private func parse(_ text: String) throws(JSONError) -> JSONValue {
    try JSONParser.parse(Array(text.utf8))
  }

  private func written(_ value: JSONValue) -> String {
    var writer = JSONWriter()
    writer.value(value)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test(
    "Values are read as they stand",
    arguments: [
      ("null", JSONValue.null), (" true\n", .bool(true)), ("false", .bool(false)),
      ("-0", .number("-0")), ("0.10", .number("0.10")), ("1E+2", .number("1E+2")),
      ("12e-3", .number("12e-3")), (#""""#, .string("")),
      (#""a\"\\\/\b\f\n\r\t""#, .string("a\"\\/\u{8}\u{c}\n\r\t")),
      (#""\u0041\u00e9\u20AC\ud83d\ude00""#, .string("Aé€😀")),
      ("\"é€😀\u{7f}\"", .string("é€😀\u{7f}")),
      (#""\udbff\udfff""#, .string("\u{10ffff}")), ("[]", .array([])), ("[ ]", .array([])),
      ("[1,[2],\t3 ]", .array([.number("1"), .array([.number("2")]), .number("3")])),
      ("{ }", .object([])),
      (
        #"{"a" : 1,"":{"b":null}}"#,
        .object([
          .init(name: "a", value: .number("1")),
          .init(name: "", value: .object([.init(name: "b", value: .null)])),
        ])
      ),
    ])
  func values(_ text: String, _ value: JSONValue) throws {
    #expect(try parse(text) == value)
  }

  @Test func whatIsWrittenIsReadBackAsItWas() throws {
    var generator = SeededGenerator(seed: printedSeed())
    for _ in 0..<2000 {
      let value = randomValue(&generator, depth: 0)
      let text = written(value)
      #expect(try parse(text) == value)
      #expect(try JSONDecoder().decode(Readable.self, from: Data(text.utf8)).isRead)
    }
  }

  @Test func cuttingATextAnywhereIsNoticed() throws {
    let text = Array(#"{"a":[1.5e3,"\ud83d\ude00é",true,null,{"b":-0}]}"#.utf8)
    _ = try JSONParser.parse(text)
    for length in 0..<text.count {
      #expect(throws: JSONError.self) { try JSONParser.parse(Array(text[..<length])) }
    }
  }

  @Test(
    "More than was asked for is not built",
    arguments: [
      ("[1,2,3]", 4, 3, nil), ("[1,2,3,4]", 9, 3, .tooManyElements),
      ("[1,2,3]", 3, 3, .tooManyValues), (#"{"a":[{},{}]}"#, 4, 2, nil),
      (#"{"a":[{},{}]}"#, 3, 2, .tooManyValues), (#"{"a":[{},{}]}"#, 9, 1, .tooManyElements),
      ("{}", 1, 0, nil), ("[1", 9, 0, .tooManyElements),
      // What follows is not looked at any more.
      ("[1,2,?", 9, 2, .tooManyElements),
    ] as [(String, Int, Int, JSONError.Code?)])
  func budgets(_ text: String, _ values: Int, _ elements: Int, _ code: JSONError.Code?) {
    let budget = JSONBudget(values: values, elements: elements)
    do throws(JSONError) {
      _ = try JSONParser.parse(Array(text.utf8), budget)
      #expect(code == nil)
    } catch {
      #expect(error.code == code)
    }
  }

  @Test func aListThatIsTooLongIsNamed() {
    let error = #expect(throws: JSONError.self) {
      try JSONParser.parse(Array(#"{"a":[[],[1,2]]}"#.utf8), JSONBudget(values: 9, elements: 1))
    }
    #expect(error?.pointer == "/a" && error?.isTooLong("/a") == true)
    #expect(error?.isTooLong("/b") == false && error?.isTooLong() == true)
  }

  @Test func noBytesMakeTheReaderFail() {
    var generator = SeededGenerator(seed: printedSeed())
    let alphabet = Array(#"{}[]",:\u0dtfn-+.eE18 é"#.utf8) + [0, 0xff]
    for _ in 0..<20_000 {
      let bytes = (0..<generator.below(24)).map { _ in alphabet[generator.below(alphabet.count)] }
      // What Foundation refuses must not be read here; the reverse is stricter on purpose.
      guard (try? JSONParser.parse(bytes)) != nil else { continue }
      #expect((try? JSONDecoder().decode(Readable.self, from: Data(bytes))) != nil)
    }
  }

  static let numbers: [Double] = [
    0.1, 1 / 3, 1e-300, .leastNonzeroMagnitude, 1.7976931348623157e308, -0.0, 100, 1e15, 123_456.75,
  ]

  @Test(arguments: numbers)
  func aNumberKeepsAllItsDigits(_ number: Double) throws {
    var writer = JSONWriter()
    writer.number(number)
    #expect(Double(String(decoding: writer.bytes, as: UTF8.self)) == number)
  }

  @Test(arguments: [0, 9, 10, -1, 1234, .max, .min])
  func aWholeNumberIsWrittenInItsDigits(_ number: Int) {
    var writer = JSONWriter()
    writer.number(number)
    #expect(String(decoding: writer.bytes, as: UTF8.self) == "\(number)")
  }

  @Test func aLongTextIsWrittenWhole() throws {
    let text = String(repeating: "a\"é\u{1}bcdefgh", count: 1000)
    #expect(try parse(written(.string(text))) == .string(text))
  }

  @Test(
    "A place in a text is named as a pointer",
    arguments: [("a/b", "a~1b"), ("m~n", "m~0n"), ("~1", "~01"), ("", ""), ("Age", "Age")])
  func pointers(_ name: String, _ escaped: String) {
    #expect(name.jsonPointerEscaped == escaped)
  }

  private func randomValue(_ generator: inout SeededGenerator, depth: Int) -> JSONValue {
    switch generator.below(depth < 5 ? 7 : 5) {
    case 0: return .null
    case 1: return .bool(generator.below(2) == 0)
    case 2: return .number("\(generator.uniform() * 1e6 - 5e5)")
    case 3: return .number("\(generator.below(1000))")
    case 4: return .string(randomText(&generator))
    case 5:
      return .array((0..<generator.below(5)).map { _ in randomValue(&generator, depth: depth + 1) })
    default:
      let names = Set((0..<generator.below(5)).map { _ in randomText(&generator) })
      return .object(
        names.sorted().map { .init(name: $0, value: randomValue(&generator, depth: depth + 1)) })
    }
  }

  private func randomText(_ generator: inout SeededGenerator) -> String {
    let alphabet = Array("aZ0 \"\\/~\n\t\u{0}\u{1f}\u{7f}é€😀")
    return String((0..<generator.below(6)).map { _ in alphabet[generator.below(alphabet.count)] })
  }
}

/// Any JSON value, to see whether Foundation reads a text.
private struct Readable: Decodable {
  let isRead = true

  private enum CodingKeys: CodingKey {}

  init(from decoder: any Decoder) throws {}
}
