import Synchronization

/// An object that many threads read and one now and then replaces.
///
/// Reading takes no lock: `Mutex` hands itself from thread to thread in turn, which on this path
/// costs more than a whole answer. A replaced object is given up once no reader can be between
/// finding it and holding it.
final class Published<Object: AnyObject & Sendable>: Sendable {
  /// The address of the object, 0 for none.
  private let address: Atomic<UInt>
  /// How many threads are between finding the object and holding it.
  private let readers = Atomic(0)

  init(_ object: Object? = nil) {
    address = Atomic(Self.retained(object))
  }

  deinit { Self.release(address.load(ordering: .sequentiallyConsistent)) }

  /// The object; whoever has it holds it.
  var value: Object? {
    readers.add(1, ordering: .sequentiallyConsistent)
    defer { readers.subtract(1, ordering: .sequentiallyConsistent) }
    return Self.unmanaged(address.load(ordering: .sequentiallyConsistent))?.takeUnretainedValue()
  }

  /// Replaces the object; to be called by one thread at a time.
  func replace(with object: Object) {
    let old = address.exchange(Self.retained(object), ordering: .sequentiallyConsistent)
    // Who comes now finds the new object; who came before is gone in an instant.
    while readers.load(ordering: .sequentiallyConsistent) != 0 {}
    Self.release(old)
  }

  private static func retained(_ object: Object?) -> UInt {
    object.map { UInt(bitPattern: Unmanaged.passRetained($0).toOpaque()) } ?? 0
  }

  private static func release(_ address: UInt) { unmanaged(address)?.release() }

  private static func unmanaged(_ address: UInt) -> Unmanaged<Object>? {
    UnsafeRawPointer(bitPattern: address).map(Unmanaged.fromOpaque)
  }
}
