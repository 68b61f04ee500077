import Patients
import Testing

@Test(arguments: [
  (0, "0"), (999, "999"), (1000, "1,000"), (-1000, "-1,000"), (-100, "-100"),
  (12_345_678, "12,345,678"), (Int.min, "-9,223,372,036,854,775,808"),
])
func numbersAreGroupedByThrees(_ number: Int, _ text: String) {
  #expect(number.grouped == text)
}

@Test(arguments: [(45.0, "45"), (15.5, "15.5"), (-0.25, "-0.25"), (1e300, "1e+300")])
func aNumberHasNoNeedlessFraction(_ number: Double, _ text: String) {
  #expect(number.plain == text)
}
