import POSIX

/// An object that many threads read and one now and then replaces.
final class Published<Object: AnyObject & Sendable>: @unchecked Sendable {
  // `@unchecked Sendable` because `object` is protected by `lock`.
  private let lock = Lock()
  private var object: Object?

  /// The object; whoever has it holds it.
  var value: Object? { lock.whileHeld { object } }

  /// Replaces the object. The old one goes, if nobody holds it, without anybody waiting for that.
  func replace(with object: Object) {
    let old = lock.whileHeld {
      defer { self.object = object }
      return self.object
    }
    withExtendedLifetime(old) {}
  }
}
