import Glibc

/// The signals that ask this process to end; SIGUSR1 is what FastCGI's process managers send.
struct TerminationSignals {
  private var set = sigset_t()

  /// Blocks the signals in this thread and in all that it starts.
  init() {
    sigemptyset(&set)
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1] { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Waits for one of them, but no longer than a time.
  ///
  /// - Returns: its number, nil when none came.
  func wait(milliseconds: Int) -> Int32? {
    var set = set
    var limit = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    let signal = sigtimedwait(&set, nil, &limit)
    return signal > 0 ? signal : nil
  }
}
