import Patients
import RandomForest

/// Why a served model cannot be compared with.
public enum ChampionProblem: Sendable, Equatable, CustomStringConvertible {
  /// It is of other measurements or drugs, or cannot be read at the moment.
  case incomparable(version: String, reason: String)
  /// It cannot be loaded, and so not be served either.
  case damaged(reason: String)

  /// What is wrong, in words.
  public var description: String {
    switch self {
    case .incomparable(_, let reason), .damaged(let reason): reason
    }
  }
}

/// The model that is served when a training begins.
enum Champion: Sendable {
  case none
  case served(DrugModel)
  /// With what is known of it nevertheless.
  case unusable(ChampionProblem, ModelDifferences.Side? = nil)

  /// Loads what is served.
  init(in registry: ModelRegistry, for schema: PatientSchema) {
    guard let version = registry.currentVersion else {
      self = .none
      return
    }
    do {
      let model = try registry.load(nil)
      let side = ModelDifferences.Side(model.schema, drugs: model.drugs)
      if let difference = schema.difference(from: model.schema) {
        self = .unusable(
          .incomparable(
            version: version, reason: "it is of other patients; this table is \(difference)"), side)
        return
      }
      do {
        // Without a row: whether an older model has the fields and drugs that its schema says.
        _ = try model.evaluate(on: Dataset(features: schema.features, classes: schema.drugs))
        self = .served(model)
      } catch let error as RegistryError where error.code == .foreign {
        self = .unusable(.incomparable(version: version, reason: error.description), side)
      }
    } catch let error as RegistryError where error.code == .foreign {
      self = .unusable(.incomparable(version: version, reason: error.description))
    } catch  where Self.mayBeSound(error) {
      // Without the error's words, in which a path stands.
      self = .unusable(
        .incomparable(version: version, reason: "its files cannot be read by this program now"))
    } catch {
      self = .unusable(.damaged(reason: "\(error)"))
    }
  }

  /// Whether another process, at another time or of another version, may be able to load it.
  private static func mayBeSound(_ error: any Error) -> Bool {
    switch error {
    case let error as RegistryError: error.code == .unreadable
    case let error as ForestFileError: error.code == .system || error.code == .unsupported
    default: false
    }
  }

  var model: DrugModel? {
    if case .served(let model) = self { model } else { nil }
  }

  /// The drugs that are recommended now and of which a table has few patients.
  func scarceDrugs(in table: PatientTable) -> [(drug: String, count: Int)] {
    guard let model else { return [] }
    let counts = Dictionary(
      uniqueKeysWithValues: zip(table.dataset.classes, table.dataset.classCounts))
    return model.drugs.compactMap { drug in
      let count = counts[drug] ?? 0
      return count < Training.Judgement.leastPatientCount ? (drug, count) : nil
    }
  }

  var problem: ChampionProblem? {
    if case .unusable(let problem, _) = self { problem } else { nil }
  }

  /// What it asks and recommends; nil when there is none, or nobody can tell.
  private var side: ModelDifferences.Side? {
    switch self {
    case .none: nil
    case .served(let model): ModelDifferences.Side(model.schema, drugs: model.drugs)
    case .unusable(_, let side): side
    }
  }

  /// In what a model of a table is another; nil when it is not.
  func differences(to table: PatientTable) -> ModelDifferences? {
    let counts = zip(table.dataset.classes, table.dataset.classCounts)
    return side.flatMap {
      ModelDifferences(
        from: $0,
        to: ModelDifferences.Side(
          table.schema, patients: Dictionary(uniqueKeysWithValues: counts)))
    }
  }

  /// The model, when it was trained on the rows of a digest.
  func model(trainedOn digest: String) -> DrugModel? {
    model.flatMap { $0.card.data?.sha256 == digest ? $0 : nil }
  }
}
