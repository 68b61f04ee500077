import POSIX
import Patients
import RandomForest
import Records

extension JSONWriter {
  /// Writes how a shadow does.
  mutating func write(_ found: ShadowComparison) {
    object { writer in
      writer.writeMembers(of: found.total)
      writer.name("behind")
      writer.number(found.behind.map(Double.init))
      writer.name("champions")
      writer.array { writer in
        for champion in found.champions {
          writer.object { writer in
            writer.name("version")
            writer.string(champion.version)
            writer.name("answered")
            writer.number(champion.answered)
          }
        }
      }
      writer.name("changes")
      writer.array { writer in
        // A forest of many drugs may change each into each.
        for change in found.changes.prefix(100) {
          writer.object { writer in
            writer.name("champion")
            writer.string(change.champion)
            writer.name("shadow")
            writer.string(change.shadow)
            writer.name("count")
            writer.number(change.answered)
          }
        }
      }
      writer.name("outcomes")
      if let outcomes = found.outcomes { writer.write(outcomes) } else { writer.null() }
      writer.name("days")
      writer.array { writer in
        for day in found.days {
          writer.object { writer in
            writer.name("day")
            writer.string(day.day)
            writer.writeMembers(of: day)
          }
        }
      }
    }
  }

  private mutating func writeMembers(of day: ShadowDay) {
    name("answered")
    number(day.answered)
    name("left_out")
    number(day.leftOut)
    name("changed")
    write(day.changed, day.changedShare)
    name("sets_changed")
    number(day.setsChanged)
    name("differing")
    number(day.differing)
    name("needs_review")
    object { writer in
      writer.name("champion")
      writer.number(day.championReviews)
      writer.name("shadow")
      writer.number(day.shadowReviews)
    }
    name("probability")
    write(day.meanProbability)
    name("probability_change")
    number(day.meanChange)
    name("set_size")
    write(day.meanSetSize)
    name("seconds")
    write(day.meanSeconds)
  }

  private mutating func write(_ outcomes: ShadowComparison.Outcomes) {
    object { writer in
      writer.name("count")
      writer.number(outcomes.count)
      writer.name("needed")
      writer.number(ShadowComparison.leastOutcomes)
      writer.name("left_out")
      writer.number(outcomes.leftOut)
      writer.name("champion")
      writer.write(outcomes.championRight, outcomes.share(outcomes.championRight))
      writer.name("shadow")
      writer.write(outcomes.shadowRight, outcomes.share(outcomes.shadowRight))
      writer.name("only_champion")
      writer.number(outcomes.onlyChampion)
      writer.name("only_shadow")
      writer.number(outcomes.onlyShadow)
    }
  }

  /// Writes a count, its share and the interval of that.
  private mutating func write(_ count: Int, _ share: Proportion?) {
    object { writer in
      writer.name("count")
      writer.number(count)
      writer.name("share")
      writer.number(share?.share)
      writer.name("interval")
      guard let interval = share?.interval else {
        writer.null()
        return
      }
      writer.array { writer in
        writer.number(interval.lowerBound)
        writer.number(interval.upperBound)
      }
    }
  }

  private mutating func write(_ pair: (champion: Double, shadow: Double)?) {
    guard let pair else { return null() }
    object { writer in
      writer.name("champion")
      writer.number(pair.champion)
      writer.name("shadow")
      writer.number(pair.shadow)
    }
  }

  /// Writes a patient of whom the shadow says something else, without what was measured.
  mutating func write(_ one: ShadowDisagreement) {
    object { writer in
      writer.name("id")
      writer.string(one.kept.id)
      writer.name("time")
      writer.time(Moment(microseconds: one.kept.time))
      writer.name("champion")
      writer.object { writer in
        writer.name("version")
        writer.string(one.kept.modelVersion)
        writer.writeAnswer(
          one.kept.drug, one.kept.probability, one.kept.predictionSet, one.kept.needsReview)
      }
      writer.name("shadow")
      writer.object { writer in
        writer.writeAnswer(
          one.shadow.drug, one.shadow.probability, one.shadow.predictionSet, one.shadow.needsReview)
      }
    }
  }

  private mutating func writeAnswer(
    _ drug: String, _ probability: Double, _ set: [String], _ needsReview: Bool
  ) {
    name("prediction")
    string(drug)
    name("probability")
    number(probability)
    name("prediction_set")
    array { writer in set.forEach { writer.string($0) } }
    name("needs_review")
    bool(needsReview)
  }
}
