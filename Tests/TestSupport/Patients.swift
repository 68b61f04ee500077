public import Patients

/// A patient of drug200 from the five fields in the order in which people give them.
public func patient(
  _ age: Double, _ sex: String, _ bloodPressure: String, _ cholesterol: String, _ ratio: Double
) throws -> Patient {
  let values: [FieldValue] = [
    .number(age), .text(sex), .text(bloodPressure), .text(cholesterol), .number(ratio),
  ]
  return try Patient(of: .drug200) { values[$0.index] }
}

/// The patients whose drug drug200's description names, DrugY for both.
public enum DocumentedPatient {
  /// DrugY.
  public static let first = PatientSchema.drug200.documented[0].patient
  /// DrugY too.
  public static let second = PatientSchema.drug200.documented[1].patient
}

/// The fields of drug200 under names that do not depend on how its columns are called.
extension PatientField {
  /// Whole years.
  public static let age = PatientSchema.drug200.fields[0]
  /// F or M.
  public static let sex = PatientSchema.drug200.fields[1]
  /// HIGH, LOW or NORMAL.
  public static let bloodPressure = PatientSchema.drug200.fields[2]
  /// HIGH or NORMAL.
  public static let cholesterol = PatientSchema.drug200.fields[3]
  /// A ratio.
  public static let sodiumToPotassium = PatientSchema.drug200.fields[4]
}

extension LabelledPatient {
  /// A patient of drug200 and a drug by its name.
  public init(_ patient: Patient, drug: String) {
    self.init(patient, patient.schema.drugs.firstIndex(of: drug)!)
  }
}
