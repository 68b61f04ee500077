import TestSupport
@testable import Patients
import Testing

@Test func aPatientHoldsNumbersAsMeasuredAndCategoriesAsIndices() throws {
  let patient = try patient(45, "M", "LOW", "NORMAL", 15.5)
  #expect(PatientSchema.drug200.fields.map { patient[$0] } == [45, 1, 1, 1, 15.5])
  #expect(patient[.sodiumToPotassium] == 15.5)
  #expect(patient[.bloodPressure] == 1)
}

@Test(arguments: [0.0, 120.0, -0.0])
func theLimitsOfAgeAreAges(_ age: Double) throws {
  #expect(try patient(age, "F", "HIGH", "HIGH", 10)[.age].sign == .plus)
}

@Test(arguments: [Double.leastNonzeroMagnitude, 100.0])
func theLimitsOfTheRatioAreRatios(_ ratio: Double) throws {
  #expect(try patient(30, "F", "HIGH", "HIGH", ratio)[.sodiumToPotassium] == ratio)
}

private let wrongFields: [(field: PatientField, value: FieldValue?, code: FieldProblem.Code)] = [
  (.age, nil, .missing),
  (.age, .text("45"), .wrongType),
  (.age, .other, .wrongType),
  (.age, .number(45.5), .notWhole),
  (.age, .number(.leastNonzeroMagnitude), .notWhole),
  (.age, .number(-1), .outOfRange),
  (.age, .number(121), .outOfRange),
  (.age, .number(.infinity), .outOfRange),
  (.sex, .text("f"), .unknownCategory),
  (.sex, .text(""), .unknownCategory),
  (.sex, .number(0), .wrongType),
  (.bloodPressure, .text("HIGH "), .unknownCategory),
  (.cholesterol, .text("LOW"), .unknownCategory),
  (.cholesterol, .other, .wrongType),
  (.sodiumToPotassium, .number(0), .outOfRange),
  (.sodiumToPotassium, .number(-3), .outOfRange),
  (.sodiumToPotassium, .number(100.nextUp), .outOfRange),
  (.sodiumToPotassium, .number(-.infinity), .outOfRange),
  (.sodiumToPotassium, .number(.nan), .outOfRange),
  (.sodiumToPotassium, nil, .missing),
]

@Test(arguments: wrongFields)
func aWrongFieldIsNamedWithWhatIsAllowed(
  _ field: PatientField, _ value: FieldValue?, _ code: FieldProblem.Code
) throws {
  let right = try patient(45, "M", "LOW", "NORMAL", 15.5)
  let error = #expect(throws: PatientError.self) {
    try Patient(of: .drug200) { asked in
      if asked == field { return value }
      guard case .category(let names) = asked.domain else { return .number(right[asked]) }
      return .text(names[Int(right[asked])])
    }
  }
  #expect(error?.problems.map(\.pointer) == ["/\(field.name)"])
  #expect(error?.problems.first?.code == code)
  #expect(error?.problems.first?.allowed == field.allowed)
}

@Test func everyWrongFieldIsNamedAtOnceAndNoValueIsRepeated() {
  let error = #expect(throws: PatientError.self) {
    try Patient(of: .drug200) { field in field == .age ? .number(987_654) : .text("SECRET") }
  }
  #expect(error?.problems.map(\.pointer) == ["/Age", "/Sex", "/BP", "/Cholesterol", "/Na_to_K"])
  let words = error.map { "\($0)" } ?? ""
  #expect(!words.contains("SECRET") && !words.contains("987"))
}
