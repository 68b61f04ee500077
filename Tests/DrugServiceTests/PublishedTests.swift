import Synchronization
import TestSupport
import Testing

@testable import DrugService

@Suite struct PublishedTests {
  private static let alive = Atomic(0)

  private final class Model: Sendable {
    init() { PublishedTests.alive.add(1, ordering: .relaxed) }
    deinit { PublishedTests.alive.subtract(1, ordering: .relaxed) }
  }

  @Test func whatIsReplacedGoesWithItsLastReader() throws {
    let published = Published<Model>()
    #expect(published.value == nil)
    let readers = (0..<4).map { _ in
      Background {
        for _ in 0..<20_000 { withExtendedLifetime(published.value) {} }
      }
    }
    for _ in 0..<20_000 { published.replace(with: Model()) }
    for reader in readers { try reader.value() }
    #expect(Self.alive.load(ordering: .relaxed) == 1)
    let held = try #require(published.value)
    published.replace(with: Model())
    #expect(Self.alive.load(ordering: .relaxed) == 2)
    withExtendedLifetime(held) {}
  }
}
