/// The drugs that the data names.
public enum Drug: String, CaseIterable, Sendable {
  /// Drug Y.
  case drugY = "DrugY"
  /// Drug A.
  case drugA
  /// Drug B.
  case drugB
  /// Drug C.
  case drugC
  /// Drug X.
  case drugX

  /// The place among a model's classes.
  public var label: Int {
    switch self {
    case .drugY: 0
    case .drugA: 1
    case .drugB: 2
    case .drugC: 3
    case .drugX: 4
    }
  }

  /// The names of all, in the order of a model's classes.
  public static let names = allCases.map(\.rawValue)
}

/// A patient and the drug that is right for them.
public struct LabelledPatient: Sendable, Equatable {
  /// The patient.
  public let patient: Patient
  /// The drug.
  public let drug: Drug

  /// Puts them together.
  public init(_ patient: Patient, _ drug: Drug) {
    self.patient = patient
    self.drug = drug
  }
}
