public import Patients
import RandomForest

/// Whether the patients that a model is asked about are like those it was trained on, field by
/// field.
public struct DriftReport: Sendable, Equatable {
  /// What is said of a field.
  public enum Status: String, Sendable {
    /// Nothing speaks against the same distribution.
    case ok
    /// The distribution has changed.
    case drift
    /// There are too few patients to tell.
    case tooFew = "too_few"
    /// The model's card, of an older version of the program, does not say what it was trained on.
    case noReference = "no_reference"
  }

  /// One field.
  public struct Finding: Sendable, Equatable {
    /// The field.
    public let field: PatientField
    /// The name of the test: `ks`, `chi2` or `fisher`.
    public let test: String
    /// The test's statistic, nil without a verdict.
    public let statistic: Double?
    /// The p-value of this field alone, nil without a verdict.
    public let pValue: Double?
    /// How the field was distributed and is; nil without a verdict, and for a number that is always the same.
    public let histogram: DriftHistogram?
    /// The verdict, which takes all fields into account.
    public internal(set) var status: Status
  }

  /// How many patients were looked at.
  public let sampleCount: Int
  /// How many were left out, because other fields were measured of them.
  public let foreignCount: Int
  /// The fields, in the order in which people give them.
  public let findings: [Finding]

  /// The least number of patients, on either side, for a verdict.
  public static let leastSampleCount = 50
  /// The chance that any field is said to drift although none does.
  public static let familywiseErrorRate = 0.01

  /// Nothing is said where nothing is served.
  public static let none = DriftReport(sampleCount: 0, foreignCount: 0, findings: [])

  private init(sampleCount: Int, foreignCount: Int, findings: [Finding]) {
    self.sampleCount = sampleCount
    self.foreignCount = foreignCount
    self.findings = findings
  }

  /// Compares patients with a model's training rows; what was not measured counts on neither side.
  ///
  /// The p-values of the fields are judged together by Holm's procedure (1979), so that the error rate
  /// holds for all of them at once, however they depend on each other.
  ///
  /// - Parameter patients: those of whom the schema's fields were measured are compared, as its patients; the
  ///   others are counted.
  public init(
    _ patients: [Patient], of schema: PatientSchema, reference: [ReferenceDistribution]?,
    leastSampleCount: Int = leastSampleCount, errorRate: Double = familywiseErrorRate
  ) {
    let (all, patients) = (patients, patients.compactMap(schema.adopt))
    sampleCount = patients.count
    foreignCount = all.count - patients.count
    var findings = schema.fields.map { field in
      let known = reference?.first { $0.feature == field.name }?.distribution
      return Self.compare(field, patients, known, least: leastSampleCount)
    }
    let judged = findings.indices.filter { findings[$0].pValue != nil }
      .sorted { findings[$0].pValue! < findings[$1].pValue! }
    for (rank, index) in judged.enumerated() {
      guard findings[index].pValue! <= errorRate / Double(judged.count - rank) else { break }
      findings[index].status = .drift
    }
    self.findings = findings
  }

  private static func compare(
    _ field: PatientField, _ patients: [Patient], _ reference: ValueCounts?, least: Int
  ) -> Finding {
    let levelCount = field.levels.isEmpty ? nil : field.levels.count
    func undecided(_ status: Status) -> Finding {
      Finding(
        field: field, test: levelCount == nil ? "ks" : "chi2", statistic: nil, pValue: nil,
        histogram: nil, status: status)
    }
    guard let reference else { return undecided(.noReference) }
    let measured = patients.lazy.map { $0[field] }.filter { !$0.isNaN }
    guard min(measured.count, reference.sampleCount) >= least else { return undecided(.tooFew) }
    let sample = ValueCounts(of: measured)
    if let levelCount {
      let counts = reference.counts(ofLevels: levelCount)
      // A card may count levels that the field has not.
      guard counts.reduce(0, +) >= least else { return undecided(.tooFew) }
      let levels = sample.counts(ofLevels: levelCount)
      let test = HomogeneityTest(reference: counts, sample: levels)
      return Finding(
        field: field, test: test.method.rawValue, statistic: test.statistic, pValue: test.pValue,
        histogram: DriftHistogram(levels: field.levels, reference: counts, sample: levels),
        status: .ok)
    }
    let test = KolmogorovSmirnovTest(reference: reference, sample: sample)
    return Finding(
      field: field, test: "ks", statistic: test.statistic, pValue: test.pValue,
      histogram: DriftHistogram(
        reference: reference, sample: sample, isWhole: field.description.type == .integer),
      status: .ok)
  }
}

extension ValueCounts {
  /// The counts of a category's levels by their indices.
  fileprivate func counts(ofLevels levelCount: Int) -> [Int] {
    var result = [Int](repeating: 0, count: levelCount)
    for (value, count) in zip(values, counts) {
      guard let level = Int(exactly: value), result.indices.contains(level) else { continue }
      result[level] += count
    }
    return result
  }
}
