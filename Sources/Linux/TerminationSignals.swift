import POSIX

/// The signals that ask a process to end; SIGUSR1 is what FastCGI's process managers send.
package struct TerminationSignals {
  private let set = SignalSet([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1])

  /// Blocks the signals in this thread and in all that it starts.
  package init() { set.block() }

  /// Waits for one of them, but no longer than a time.
  ///
  /// - Returns: its number, nil when none came.
  package func wait(milliseconds: Int) -> Int32? {
    var set = set.value
    var limit = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    let signal = sigtimedwait(&set, nil, &limit)
    return signal > 0 ? signal : nil
  }
}
