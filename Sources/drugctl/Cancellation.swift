import POSIX
import Synchronization

/// Ends a command at the next good moment after SIGTERM or SIGINT; a second signal ends it at once.
enum Cancellation {
  private static let wasAsked = Atomic(false)

  /// Whether a signal has come.
  static var isCancelled: Bool { wasAsked.load(ordering: .relaxed) }

  /// Begins to listen.
  static func listen() {
    // The handler must find the flag made.
    _ = isCancelled
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in
      Cancellation.wasAsked.store(true, ordering: .relaxed)
    }
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
    let signals = [SIGTERM, SIGINT]
    for signal in signals { sigaction(signal, &action, nil) }
    // A parent may have blocked them in the thread that started this process.
    SignalSet(signals).unblock()
  }
}
