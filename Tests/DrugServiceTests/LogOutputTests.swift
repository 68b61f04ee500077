import FoundationEssentials
import Logging
import POSIX
import TestSupport
import Testing

@testable import DrugService

@Suite struct LogOutputTests {
  /// Makes a pipe that holds one page, so that writers often wait for its reader.
  private func smallPipe() throws -> (reader: Int32, writer: Int32) {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    // F_SETPIPE_SZ, which Glibc's Swift module does not have.
    let size = fcntl(ends[1], 1031, 4096)
    try #require(size == 4096)
    return (ends[0], ends[1])
  }

  @Test func theLinesOfTwoProcessesOnOnePipeStayWhole() throws {
    let (reader, writer) = try smallPipe()
    let letters = Array("ab".utf8)
    let writers = letters.map { letter in
      Background {
        let output = LogOutput(descriptor: writer)
        for number in 0..<2000 {
          output.write([UInt8](repeating: letter, count: 100 + number % 300), isUrgent: false)
        }
        output.flush()
      }
    }
    let text = Background {
      var text: [UInt8] = []
      withUnsafeTemporaryAllocation(byteCount: 1000, alignment: 1) { piece in
        while case let count = read(reader, piece.baseAddress, piece.count), count > 0 {
          text += piece[..<count]
        }
      }
      return text
    }
    for thread in writers { try thread.value() }
    close(writer)
    let lines = try text.value().split(separator: UInt8(ascii: "\n"))
    close(reader)
    #expect(lines.count == 4000)
    #expect(lines.allSatisfy { line in line.allSatisfy { $0 == line.first } })
  }

  @Test func aLineThatIsLongerThanAPipesPieceIsWrittenWhole() throws {
    try withTemporaryFolder { folder in
      let path = try write([], to: "\(folder)/log")
      let descriptor = open(path, O_WRONLY)
      let output = LogOutput(descriptor: descriptor)
      output.write([UInt8](repeating: 7, count: 100_000), isUrgent: false)
      output.write([8], isUrgent: true)
      close(descriptor)
      let bytes = Array(try Data(contentsOf: URL(filePath: path)))
      #expect(bytes == [UInt8](repeating: 7, count: 100_000) + [10, 8, 10])
    }
  }

  @Test func aReaderThatHasGoneEndsNothing() throws {
    let (reader, writer) = try smallPipe()
    close(reader)
    signal(SIGPIPE, SIG_IGN)
    LogOutput(descriptor: writer).write([1, 2, 3], isUrgent: true)
    close(writer)
  }

  @Test func anAnswerAndItsLineHaveOneIdentifierAlsoWithoutTheWebServers() throws {
    struct Line: Decodable { let request_id: String? }
    struct Prediction: Decodable { let id: String }
    try withTemporaryFolder { folder in
      _ = try saveModel(in: "\(folder)/models")
      let path = try write([], to: "\(folder)/log")
      let descriptor = open(path, O_WRONLY)
      let output = LogOutput(descriptor: descriptor)
      let logger = Logger(label: "test") { _ in JSONLogHandler(output) }
      let service = Service(
        ServiceSettings(models: "\(folder)/models"), logger: logger, output: output)
      let given = try service.predict(documentedPatients[0], parameters: ["REQUEST_ID": "r1"])
        .decoded(as: Prediction.self).id
      let own = try service.predict(documentedPatients[0])
        .decoded(as: Prediction.self).id
      output.flush()
      close(descriptor)
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        .compactMap {
          try JSONDecoder().decode(Line.self, from: Data($0.utf8)).request_id
        }
      #expect(given == "r1" && own.count == 32 && lines == [given, own])
    }
  }
}
