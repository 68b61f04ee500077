public import Patients

/// A patient from the five fields in the order in which people give them.
public func patient(
  _ age: Double, _ sex: String, _ bloodPressure: String, _ cholesterol: String, _ ratio: Double
) throws -> Patient {
  try Patient { field in
    switch field {
    case .age: .number(age)
    case .sex: .text(sex)
    case .bloodPressure: .text(bloodPressure)
    case .cholesterol: .text(cholesterol)
    case .sodiumToPotassium: .number(ratio)
    }
  }
}
