import Patients
import Glibc
import LibFuzzer

/// Gives bytes to the reader of tables. However they come in pieces, the same rows and problems must
/// come out: whole lines are read by `RowScanner`, and what is cut by `CSVParser`.
@main
enum CSVFuzz {
  static func main() {
    fuzz { data, size in
      let bytes = Array(UnsafeBufferPointer(start: data, count: size))
      let whole = TableReading(bytes, pieceLength: size + 1)
      for length in [1, 7, 64] where TableReading(bytes, pieceLength: length) != whole {
        fatalError("other rows in pieces of \(length) bytes")
      }
      // A file takes longer than its bytes do: one in eight.
      guard size % 8 == 0 else { return 0 }
      do throws(TableError) {
        let table = try PatientTable(path: file(of: bytes), schema: .drug200, skipInvalid: true)
        if let fault = whole.fault(of: table) { fatalError(fault) }
      } catch {
        // What is thrown goes to a terminal, which it must not control.
        precondition(error.description.unicodeScalars.allSatisfy { $0 == "\n" || $0 >= " " })
      }
      return 0
    }
  }
}

/// A file without a name.
private let descriptor: CInt = {
  var template = Array("/tmp/csv-fuzz-XXXXXX".utf8CString)
  let descriptor = mkstemp(&template)
  unlink(template)
  return descriptor
}()

/// Puts bytes into a file and gives its path.
func file(of bytes: [UInt8]) -> String {
  precondition(
    ftruncate(descriptor, 0) == 0 && pwrite(descriptor, bytes, bytes.count, 0) == bytes.count)
  return "/proc/self/fd/\(descriptor)"
}
