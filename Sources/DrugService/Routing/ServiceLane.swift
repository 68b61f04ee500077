import FastCGI

/// What a request waits in, if it must: those that take long keep none waiting that do not.
enum ServiceLane: Int, CaseIterable, Sendable {
  /// Reads of the registry, the log and the like.
  case quick
  /// Predictions with the reasons for them.
  case explanations
  /// Up to 10,000 patients of the Open Inference Protocol, and versions that are loaded for it.
  case inference
  /// Lists and tables.
  case tables
  /// Trainings that are waited for, uploads, activations.
  case work
  /// Checks of passwords that are not known yet.
  case signIn

  /// The name that metrics tell.
  var name: String { self == .signIn ? "sign-in" : "\(self)" }

  /// Its share of the threads, in sixteenths, and how many requests may wait for them. Of those of people
  /// nginx lets a client send 50 at once.
  private var measure: (share: Int, capacity: Int) {
    switch self {
    case .quick: (4, 256)
    case .explanations: (3, 32)
    case .inference: (3, 32)
    case .tables: (3, 32)
    case .work: (2, 64)
    case .signIn: (1, 256)
    }
  }

  /// The lane of a service with so many threads.
  func lane(of threadCount: Int) -> Lane {
    // Of those that do long work one may wait for a training.
    let least = self == .work ? 2 : 1
    return Lane(
      threadCount: max(least, threadCount * measure.share / 16), capacity: measure.capacity)
  }
}
