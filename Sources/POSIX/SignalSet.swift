/// A set of signals.
package struct SignalSet: Sendable {
  /// The set as the system takes it.
  package private(set) var value = sigset_t()

  package init(_ signals: [Int32] = []) {
    sigemptyset(&value)
    for signal in signals { sigaddset(&value, signal) }
  }

  /// Blocks the signals in this thread and in all that it starts.
  package func block() {
    var value = value
    pthread_sigmask(SIG_BLOCK, &value, nil)
  }

  /// Lets the signals come to this thread.
  package func unblock() {
    var value = value
    pthread_sigmask(SIG_UNBLOCK, &value, nil)
  }
}
