import Records
import Synchronization

/// What a log reports, in the order in which it does.
final class LogEvents: Sendable {
  private let all = Mutex<[String]>([])

  var names: [String] { all.withLock { $0 } }

  func note(_ event: PredictionLog.Event) {
    all.withLock {
      switch event {
      case .setAside: $0.append("set aside")
      case .failed(let error): $0.append("failed: \(error.code)")
      case .recovered: $0.append("recovered")
      case .withoutReserve: $0.append("without reserve")
      case .reserveKept: $0.append("reserve kept")
      case .overdue(let records, let days): $0.append("overdue: \(records) of \(days) days")
      case .deleted(let beyondTerm, let beyondLimit):
        $0.append("deleted: \(beyondTerm), \(beyondLimit)")
      case .deletionPaused: $0.append("paused")
      case .committed, .notCommitted: break
      }
    }
  }
}
