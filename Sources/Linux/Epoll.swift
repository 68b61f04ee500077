import CLinux
package import POSIX

/// Waits for many descriptors at once (epoll(7)).
package final class Epoll: Sendable {
  /// The most descriptors that are told of at a time.
  private static let eventCount = 64

  private let descriptor: FileDescriptor

  package init() throws(SystemError) {
    let number = try systemCall("epoll_create1", "an event loop") {
      epoll_create1(Int32(EPOLL_CLOEXEC))
    }
    descriptor = FileDescriptor(number, name: "an event loop")
  }

  deinit { descriptor.close() }

  /// Begins to wait for what comes on a descriptor.
  ///
  /// - Parameter isExclusive: whether, of several processes that wait for it, one is woken.
  /// - Returns: whether the system takes it.
  @discardableResult
  package func watch(_ number: Int32, isExclusive: Bool = false) -> Bool {
    var event = epoll_event()
    event.events = EPOLLIN.rawValue | (isExclusive ? EPOLLEXCLUSIVE.rawValue : 0)
    event.data.fd = number
    return epoll_ctl(descriptor.number, EPOLL_CTL_ADD, number, &event) == 0
  }

  /// Changes whether a watched descriptor is told of once whenever more has come, or for as long as
  /// there is anything.
  package func watch(_ number: Int32, onlyChanges: Bool) {
    var event = epoll_event()
    event.events = EPOLLIN.rawValue | (onlyChanges ? EPOLLET.rawValue : 0)
    event.data.fd = number
    epoll_ctl(descriptor.number, EPOLL_CTL_MOD, number, &event)
  }

  /// Waits for it no more.
  package func unwatch(_ number: Int32) {
    epoll_ctl(descriptor.number, EPOLL_CTL_DEL, number, nil)
  }

  /// Waits until something has come, and tells of each descriptor on which it has.
  ///
  /// - Parameter limit: the most milliseconds; -1 for no limit.
  /// - Returns: whether anything has come.
  package func wait(limit: Int32, _ body: (_ number: Int32) -> Void) -> Bool {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.eventCount) { events in
      let count = epoll_wait(descriptor.number, events.baseAddress, Int32(events.count), limit)
      guard count > 0 else { return false }
      for event in events[..<Int(count)] { body(event.data.fd) }
      return true
    }
  }
}

/// A descriptor on which something has come once it was rung (eventfd(2)).
package final class Alarm: Sendable {
  private let descriptor: FileDescriptor

  package init() throws(SystemError) {
    let number = try systemCall("eventfd", "an alarm") {
      eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    }
    descriptor = FileDescriptor(number, name: "an alarm")
  }

  deinit { descriptor.close() }

  package var number: Int32 { descriptor.number }

  package func ring() {
    var one: UInt64 = 1
    // It cannot be rung so often that it would not ring.
    withUnsafeBytes(of: &one) { try? descriptor.write($0) }
  }

  /// Waits until it is rung, which it then is no more, or so many milliseconds.
  package func wait(milliseconds: Int) {
    var state = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    guard poll(&state, 1, Int32(clamping: milliseconds)) > 0 else { return }
    var count: UInt64 = 0
    withUnsafeMutableBytes(of: &count) { _ = try? descriptor.read(into: $0) }
  }
}
