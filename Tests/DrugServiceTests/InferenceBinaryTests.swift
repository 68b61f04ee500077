import Models
import FastCGI
import FoundationEssentials
import TestSupport
import Testing

@testable import DrugService

@Suite struct InferenceBinaryTests {
  private typealias Body = InferenceBody

  private func fault(_ body: InferenceBody) throws -> String {
    let response = service.infer(body)
    #expect(response.status == 400)
    return try response.decoded(as: InferenceFault.self).error
  }

  /// The JSON of an answer and what stands behind it.
  private func parts(_ response: Response) throws -> (reply: InferenceReply, bytes: [UInt8]) {
    #expect(response.header("Content-Type") == "application/octet-stream")
    let length = try #require(
      response.header("Inference-Header-Content-Length").flatMap { Int($0) })
    let json = Data(response.body[..<length])
    return (
      try JSONDecoder().decode(InferenceReply.self, from: json), Array(response.body[length...])
    )
  }

  @Test func binaryTensorsGetTheSameAnswerAsJSON() throws {
    let plain: InferenceReply = try service.infer(Body.documented).decoded()
    let binary: InferenceReply = try service.infer(Body.binary).decoded()
    #expect(binary.outputs.map(\.data) == plain.outputs.map(\.data))
    // Some in JSON, some behind it, in another order than those of the object's other texts.
    var mixed = Body.binary.with(Body.documented.inputs[1], at: 1)
    mixed.inputs.reverse()
    let reply: InferenceReply = try service.infer(mixed).decoded()
    #expect(reply.outputs.map(\.data) == plain.outputs.map(\.data))
  }

  @Test func outputsComeInBinaryWhereThatIsAskedFor() throws {
    let plain: InferenceReply = try service.infer(Body.documented).decoded()
    let all = try parts(
      service.infer(Body.binary.with(#","parameters":{"binary_data_output":true}"#)))
    #expect(all.reply.outputs.map { $0.parameters?.binary_data_size } == [18, 80])
    #expect(all.reply.outputs.allSatisfy { $0.data == nil })
    #expect(Array(all.bytes[..<18]) == Body.texts("DrugY", "DrugY"))
    let probabilities = plain.outputs[1].data?.compactMap { value -> Double? in
      if case .number(let number) = value { number } else { nil }
    }
    #expect(Array(all.bytes[18...]) == Body.bytes(try #require(probabilities)))

    // What an output says itself comes first.
    let one = try parts(
      service.infer(
        Body.documented.with(
          #","parameters":{"binary_data_output":true},"outputs":[{"name":"probabilities"},"#
            + #"{"name":"label","parameters":{"binary_data":false}}]"#)))
    #expect(one.reply.outputs[1].data == plain.outputs[0].data)
    #expect(one.bytes == Body.bytes(try #require(probabilities)))
  }

  @Test func everyTypeOfNumberIsReadAsItsNumber() throws {
    let plain: InferenceReply = try service.infer(Body.documented).decoded()
    let ages: [(String, [UInt8])] = [
      ("FP32", Body.bytes([Float(45), 52])), ("INT64", Body.bytes([Int64(45), 52])),
      ("INT32", Body.bytes([Int32(45), 52])), ("INT16", Body.bytes([Int16(45), 52])),
      ("INT8", Body.bytes([Int8(45), 52])), ("UINT64", Body.bytes([UInt64(45), 52])),
      ("UINT32", Body.bytes([UInt32(45), 52])), ("UINT16", Body.bytes([UInt16(45), 52])),
      ("UINT8", Body.bytes([UInt8(45), 52])),
    ]
    for (type, bytes) in ages {
      let body = Body.binary.with(.binary("Age", type, "[2]", bytes), at: 0)
      let reply: InferenceReply = try service.infer(body).decoded()
      #expect(reply.outputs.map(\.data) == plain.outputs.map(\.data), "\(type)")
    }
    for (type, bytes) in [
      ("INT64", Body.bytes([Int64(-1), 52])), ("INT32", Body.bytes([Int32(-1), 52])),
      ("INT16", Body.bytes([Int16(-1), 52])), ("INT8", Body.bytes([Int8(-1), 52])),
      ("UINT64", Body.bytes([UInt64.max, 52])), ("FP32", Body.bytes([Float.infinity, 52])),
      ("FP64", Body.bytes([-Double.infinity, 52])), ("FP64", Body.bytes([121.0, 52])),
    ] {
      let words = try fault(Body.binary.with(.binary("Age", type, "[2]", bytes), at: 0))
      #expect(words.hasSuffix("row 0: Age must be a whole number from 0 to 120."), "\(type)")
    }
  }

  @Test(arguments: [Double.nan, -Double.nan, .signalingNaN, .infinity, -1, 0, 100.1])
  func aNumberThatNoPatientHasIsRefusedWhateverItsBits(_ number: Double) throws {
    let wrong = Body.bytes([number, 18.3])
    #expect(
      try fault(Body.binary.with(.binary("Na_to_K", "FP64", "[2]", wrong), at: 4))
        .hasSuffix("row 0: Na_to_K must be a number above 0, at most 100."))
    guard number.isNaN else { return }
    #expect(
      try fault(Body.binary.with(.binary("Age", "FP64", "[2]", wrong), at: 0))
        .contains("row 0: Age must be a whole number"))
  }

  @Test(
    "A text that lies about its length, or is no text, is refused",
    arguments: [
      ([2, 0, 0, 0, 77], "is too little: text 0 is longer than what is left."),
      ([255, 255, 255, 255, 77], "is too little: text 0 is longer than what is left."),
      ([1, 0, 0, 0, 77], "is too little: text 1 is missing."),
      ([1, 0, 0, 0, 77, 1, 0, 0], "is too little: text 1 is missing."),
      ([], "is too little: text 0 is missing."),
      ([1, 0, 0, 0, 77, 1, 0, 0, 0, 70, 9], "is too much: 1 bytes follow the last text."),
      ([1, 0, 0, 0, 255, 1, 0, 0, 0, 70], "row 0: Sex must be a text (F, M)."),
      ([0, 0, 0, 0, 1, 0, 0, 0, 70], "row 0: Sex must be one of F, M."),
    ] as [([UInt8], String)])
  func texts(_ bytes: [UInt8], _ words: String) throws {
    // Without a tensor in binary there would be no length of the JSON.
    let body = Body.binary.with(.binary("Sex", "BYTES", "[2]", bytes), at: 1)
    #expect(try fault(body).hasSuffix(words))
  }

  @Test(
    "A size that lies is refused",
    arguments: [
      ("8", "/inputs/4/parameters/binary_data_size must be 16: 2 times 8 bytes."),
      ("17", "promises 17 bytes, of which 16 have come."),
      ("9223372036854775807", "promises 9223372036854775807 bytes, of which 16 have come."),
      ("99999999999999999999", "must be a whole number, 0 or more."),
      ("-16", "must be a whole number, 0 or more."), ("16.5", "must be a whole number, 0 or more."),
      (#""16""#, "must be a whole number, 0 or more."), ("0", "must be 16: 2 times 8 bytes."),
    ])
  func sizes(_ size: String, _ words: String) throws {
    let bytes = Body.bytes([15.5, 18.3])
    let body = Body.binary.with(.binary("Na_to_K", "FP64", "[2]", bytes, size: size), at: 4)
    #expect(try fault(body).contains(words))
  }

  @Test func aBodyThatIsCutAnywhereIsRefused() throws {
    let whole = Body.binary.bytes
    let length = Body.binary.json.utf8.count
    for end in 0..<whole.count {
      let response = service.infer(Array(whole[..<end]), jsonLength: "\(length)")
      #expect(response.status == 400, "cut at \(end)")
    }
    let more = service.infer(whole + [0], jsonLength: "\(length)")
    #expect(
      try more.decoded(as: InferenceFault.self).error == "1 bytes of the body belong to no input.")
  }

  @Test(arguments: [
    ("-1", "must be a number of bytes."), ("1e3", "must be a number of bytes."),
    ("99999999999999999999", "must be a number of bytes."), ("x", "must be a number of bytes."),
    ("100000", "promises 100000 bytes in a body of"), ("0", "the body is empty"),
    ("10", "The body is not a JSON text"),
  ])
  func aLengthOfTheJSONThatLiesIsRefused(_ length: String, _ words: String) throws {
    let response = service.infer(Body.binary.bytes, jsonLength: length)
    #expect(response.status == 400)
    #expect(try response.decoded(as: InferenceFault.self).error.contains(words))
  }

  @Test func dataStandsInOnePlaceOnly() throws {
    var both = Body.binary
    both.inputs[0].rest += #","data":[45,52]"#
    #expect(try fault(both) == "/inputs/0 has both data and binary_data_size.")
    var neither = Body.binary
    neither.inputs[0].rest = #""parameters":{}"#
    neither.inputs[0].bytes = []
    #expect(try fault(neither) == "/inputs/0 has neither data nor binary_data_size.")
    var shared = Body.binary
    shared.inputs[0].rest = #""parameters":{"shared_memory_region":"x"}"#
    #expect(
      try fault(shared).hasSuffix("/inputs/0/parameters/shared_memory_region is not supported."))
  }

  @Test func bytesInAnyOrderAreAnsweredOrRefused() throws {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0 ... .max, using: &generator)
    print("seed \(seed)")
    var random = SplitMix(state: seed)
    let whole = Body.binary.bytes
    let length = Body.binary.json.utf8.count
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      let status = service.infer(bytes, jsonLength: "\(length)").status
      #expect([200, 400, 413].contains(status))
    }
  }
}

/// Steele, Lea and Flood 2014, section 4.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
