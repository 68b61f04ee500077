import CLinux
import POSIX

/// The other side of a connection (poll(2)).
package enum Peer {
  /// Whether it has closed the connection; one that only sends no more may want an answer.
  package static func hasClosed(_ connection: Int32) -> Bool {
    state(of: connection, 0) & (POLLHUP | POLLERR) != 0
  }

  /// Whether nothing more can come from it.
  package static func sendsNoMore(_ connection: Int32) -> Bool {
    // The same bit; what names it for poll is an extension that Swift does not see.
    state(of: connection, Int32(EPOLLRDHUP.rawValue)) != 0
  }

  private static func state(of connection: Int32, _ events: Int32) -> Int32 {
    var state = pollfd(fd: connection, events: Int16(events), revents: 0)
    return poll(&state, 1, 0) > 0 ? Int32(state.revents) : 0
  }
}
