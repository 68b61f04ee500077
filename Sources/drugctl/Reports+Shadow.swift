import Models
import Patients
import RandomForest
import Records

extension Reports {
  /// What a shadow has come to.
  ///
  /// - Parameter found: nil while it has not begun.
  static func shadow(
    _ shadow: ModelRegistry.Shadow, _ found: ShadowComparison?, served: String?
  ) -> [String] {
    let state =
      shadow.version == served
      ? "it is served itself, so there is nothing to compare at present"
      : found?.failure.map { "it does not answer: \($0)" }
        ?? (found == nil ? "it has not begun: no service that runs has seen it yet" : "it answers")
    let first = "  model \(shadow.version), since \(shadow.since.tableTime): \(state)"
    guard let found else { return [first.visible] }
    var lines = [first] + counts(found)
    guard found.total.answered > 0 else { return lines.map(\.visible) }
    lines += [""] + sides(found) + [""] + days(found.days)
    if !found.changes.isEmpty {
      var text = TextTable(["answered", "shadow", "patients"], wordColumns: [0, 1])
      for change in found.changes.prefix(20) {
        text.add([change.champion, change.shadow, change.answered.grouped])
      }
      lines += [""] + text.lines
    }
    return lines.map(\.visible)
  }

  private static func counts(_ found: ShadowComparison) -> [String] {
    let total = found.total
    var lines: [String] = []
    if let changed = found.changed {
      lines.append(
        "  \(total.changed.grouped) of \(total.answered.grouped) patients would be recommended another "
          + "drug: \(changed.share.percent) (95% interval \(changed.interval.percent))")
    } else {
      lines.append("  no patient was answered by both yet")
    }
    if total.leftOut > 0 {
      lines.append("  \(total.leftOut.grouped) left out, of patients with other fields")
    }
    if let behind = found.behind, behind > 0 {
      lines.append("  \(behind.grouped) still to be looked at")
    }
    return lines
  }

  private static func sides(_ found: ShadowComparison) -> [String] {
    let total = found.total
    var text = TextTable(["", "answered", "shadow"])
    func add(
      _ name: String, _ pair: (champion: Double, shadow: Double)?, _ words: (Double) -> String
    ) {
      if let pair { text.add([name, words(pair.champion), words(pair.shadow)]) }
    }
    text.add([
      "version", found.champions.map(\.version).joined(separator: " "), "",
    ])
    add("mean probability of the drug", total.meanProbability) { $0.percent }
    add("drugs in a set", total.meanSetSize) { $0.fixed(2) }
    let answered = Double(total.answered)
    add(
      "to be looked at",
      (Double(total.championReviews) / answered, Double(total.shadowReviews) / answered)
    ) { $0.percent }
    add("processor time an answer", total.meanSeconds) { ($0 * 1e6).fixed(1) + " µs" }
    if let outcomes = found.outcomes, outcomes.count > 0 {
      text.add([
        "right in \(outcomes.count.grouped) outcomes", outcomes.championRight.grouped,
        outcomes.shadowRight.grouped,
      ])
    }
    return text.lines
  }

  private static func days(_ days: [ShadowDay]) -> [String] {
    var text = TextTable([
      "day (UTC)", "patients", "other drug", "share", "95% interval", "other set", "left out",
    ])
    for day in days.suffix(31) {
      text.add([
        day.day, day.answered.grouped, day.changed.grouped, day.changedShare?.share.percent ?? "–",
        day.changedShare?.interval.percent ?? "–", day.setsChanged.grouped, day.leftOut.grouped,
      ])
    }
    return text.lines
  }
}
