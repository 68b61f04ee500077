import POSIX

/// A matrix of small codes, written once by its maker and then shared between threads.
final class CodeMatrix<Code: FixedWidthInteger & UnsignedInteger & Sendable>: @unchecked Sendable {
  // `@unchecked Sendable` because nothing writes to it after the table that it belongs to is made.
  let elements: UnsafeMutablePointer<Code>
  let rowCount: Int
  let width: Int
  /// How far apart the codes of neighbouring rows and of neighbouring inputs lie.
  let rowStride: Int
  let inputStride: Int

  /// - Parameter isColumnMajor: whether an input's codes lie side by side, not a row's.
  init(rowCount: Int, width: Int, isColumnMajor: Bool = false) {
    self.rowCount = rowCount
    self.width = width
    rowStride = isColumnMajor ? 1 : width
    inputStride = isColumnMajor ? rowCount : 1
    elements = LargeMemory.allocate(Code.self, capacity: rowCount * width)
  }

  deinit { free(elements) }

  /// The first code of a row; the others follow in steps of `inputStride`.
  func row(_ index: Int) -> UnsafeMutablePointer<Code> { elements + index * rowStride }

  /// The first code of an input; the others follow in steps of `rowStride`.
  func input(_ index: Int) -> UnsafeMutablePointer<Code> { elements + index * inputStride }
}
