/// A row-major matrix of small codes, written once by its maker and then shared between threads.
final class CodeMatrix<Code: FixedWidthInteger & UnsignedInteger & Sendable>: @unchecked Sendable {
  // `@unchecked Sendable` because nothing writes to it after the table that it belongs to is made.
  let elements: UnsafeMutablePointer<Code>
  let rowCount: Int
  let width: Int

  init(rowCount: Int, width: Int) {
    self.rowCount = rowCount
    self.width = width
    elements = .allocate(capacity: max(rowCount * width, 1))
  }

  deinit { elements.deallocate() }

  func row(_ index: Int) -> UnsafeMutablePointer<Code> { elements + index * width }
}
