import POSIX
import Synchronization

/// What has changed in the service, and since when it has been in a state.
extension SharedCountersHeader {
  /// The newest events that are remembered.
  static let eventCount = 64
  /// The states whose beginnings are remembered.
  static let noticedCount = 16

  /// A process or a model that is another from then on.
  struct Event {
    enum Kind: UInt8 {
      case processStarted = 1
      /// A process took the place of one that had ended.
      case processReplaced
      case modelChanged

      /// As it is told.
      var name: String {
        switch self {
        case .processStarted: "process_started"
        case .processReplaced: "process_replaced"
        case .modelChanged: "model_changed"
        }
      }
    }

    let time: Moment
    let kind: Kind
    /// The number of the model's version; 0 for a process.
    let model: UInt64
  }

  private static let modelBits: UInt64 = 48

  func record(_ kind: Event.Kind, model: UInt64 = 0) {
    let number = words[Place.events].wrappingAdd(1, ordering: .relaxed).oldValue
    let place = Place.events + 1 + 2 * Int(number % UInt64(Self.eventCount))
    words[place + 1].store(UInt64(kind.rawValue) << Self.modelBits | model, ordering: .relaxed)
    words[place].store(UInt64(Moment.now.microseconds), ordering: .releasing)
  }

  /// Records that another model is served, unless another process has done so.
  func modelLoaded(_ model: UInt64) {
    let last = words[Place.lastModel].exchange(model, ordering: .relaxed)
    if last != 0, last != model { record(.modelChanged, model: model) }
  }

  /// The newest events, the oldest first.
  var events: [Event] {
    (0..<Self.eventCount).compactMap { number in
      let place = Place.events + 1 + 2 * number
      let time = words[place].load(ordering: .acquiring)
      let meaning = words[place + 1].load(ordering: .relaxed)
      guard time != 0, let kind = Event.Kind(rawValue: UInt8(meaning >> Self.modelBits)) else {
        return nil
      }
      return Event(
        time: Moment(microseconds: Int64(time)), kind: kind,
        model: meaning & (1 << Self.modelBits - 1))
    }.sorted { $0.time.microseconds < $1.time.microseconds }
  }

  /// Since when any process has noticed a state; nil and forgotten when it is over.
  ///
  /// - Parameter state: its number, below `noticedCount`.
  func noticed(_ state: Int, isSo: Bool) -> Moment? {
    let word = words + Place.noticed + state
    guard isSo else {
      word.pointee.store(0, ordering: .relaxed)
      return nil
    }
    let now = UInt64(Moment.now.microseconds)
    let (isFirst, known) = word.pointee.compareExchange(
      expected: 0, desired: now, ordering: .relaxed)
    return Moment(microseconds: Int64(isFirst ? now : known))
  }
}
