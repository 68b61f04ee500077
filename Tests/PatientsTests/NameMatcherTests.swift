import Testing

@testable import Patients

@Suite struct FoldedNameTests {
  @Test(arguments: [
    [
      "Na_to_K", "na to k", " NA-TO-K ", "Na/to/K", "natok", "Na\u{2013}to\u{2010}K",
      "\tNa_to\u{a0}K",
    ],
    ["Größe", "GRÖSSE", "gro\u{308}ße", "GRO\u{308}SSE", "größe"],
    ["Ηλικίας", "ΗΛΙΚΊΑΣ", "ηλικίας"], ["Возраст", "ВОЗРАСТ"], ["年齢", " 年齢\u{3000}"],
    ["Age", "\u{feff}age", "A\u{ad}ge", "a_g_e"], ["", " ", "-_/", "\u{2014}"],
  ])
  func spellingsOfOneNameAreFoldedToOne(_ spellings: [String]) {
    #expect(Set(spellings.map(\.foldedName)).count == 1)
  }

  @Test(arguments: [("Age", "Ages"), ("yaş", "yas"), ("yaşı", "yaşi"), ("K+", "K"), ("a.b", "ab")])
  func namesThatDifferStayApart(_ one: String, _ other: String) {
    #expect(one.foldedName != other.foldedName)
  }
}

@Suite struct NameMatcherTests {
  private let matcher = NameMatcher([
    ("Age", []), ("Sex", ["Gender"]), ("Na_to_K", ["Na/K", "ratio"]), ("a_b", []), ("ab", []),
  ])

  @Test(
    arguments: [
      (["Age", "Sex", "Na_to_K"], ["Age", "Sex", "Na_to_K"]),
      ([" age ", "SEX", "NA-TO-K", "id"], ["Age", "Sex", "Na_to_K", nil]),
      (["na/k", "gender"], ["Na_to_K", "Sex"]), (["NAK"], ["Na_to_K"]), (["RATIO"], ["Na_to_K"]),
      (["a_b", "ab"], ["a_b", "ab"]), ([""], [nil]), (["-", "Ages"], [nil, nil]), ([], []),
      // The name itself goes before an alias, and that before another spelling.
      (["age", "Age"], [nil, "Age"]), (["Na/K", "Na_to_K"], [nil, "Na_to_K"]),
      (["NA TO K", "Na/K"], [nil, "Na_to_K"]), (["Age", "AGE", "age"], ["Age", nil, nil]),
      (["AB", "a_b", "ab"], [nil, "a_b", "ab"]),
    ] as [([String], [String?])])
  func aHeaderIsTheNameThatItSpells(_ headers: [String], _ names: [String?]) {
    #expect(matcher.match(headers) == NameMatcher.Match(names: names))
  }

  @Test(arguments: [
    (["AGE", "Sex", "age"], ["columns AGE and age both mean Age"]),
    (["Age", "age", "Age"], ["column Age stands twice"]),
    (["ratio", "Na/K"], ["columns ratio and Na/K both mean Na_to_K"]),
    (
      ["sex", "gender", "AGE", "aGE"],
      [
        "columns sex and gender both mean Sex", "columns AGE and aGE both mean Age",
      ]
    ),
    (["A-B"], ["column A-B may mean a_b or ab"]),
    (["A-B", "ab"], ["column A-B may mean a_b or ab"]),
    (["AGE\u{1b}", "age", "AGE"], ["columns age and AGE both mean Age"]),
  ])
  func whatIsNotClearIsTold(_ headers: [String], _ clashes: [String]) {
    #expect(matcher.match(headers).clashes.map(\.description) == clashes)
  }

  @Test func aNameOfBlanksAloneIsMatchedByItselfAlone() {
    let matcher = NameMatcher([("_", []), ("Age", [])])
    #expect(matcher.match(["-", "_", ""]).names == [nil, "_", nil])
  }
}

@Suite struct ClosestNameTests {
  @Test(arguments: [
    ("drugY", "DrugY"), ("DRUGA", "drugA"), ("drug_a", "drugA"), (" Drug X", "drugX"),
    ("drug-c", "drugC"),
  ])
  func aDrugIsFoundWhateverItsCaseAndBlanks(_ text: String, _ name: String) {
    #expect(closest(to: text, among: PatientSchema.drug200.drugs) == name)
  }

  @Test(
    arguments: [
      ("NORMLA", "NORMAL"), ("NRMAL", "NORMAL"), ("NOORMAAL", "NORMAL"), ("normel", "NORMAL"),
      ("HIGHT", "HIGH"), ("HGIH", "HIGH"), ("LO", "LOW"), ("Cholestrol", nil), ("NORML ", "NORMAL"),
    ] as [(String, String?)])
  func aFewLettersMayBeWrong(_ text: String, _ name: String?) {
    #expect(closest(to: text, among: ["HIGH", "LOW", "NORMAL"]) == name)
  }

  @Test(arguments: [
    "drugZ", "drug", "", " ", "F", "drugYX", "aspirin", String(repeating: "drugY", count: 20_000),
  ])
  func whatMayBeTwoOrNoneIsNotGuessed(_ text: String) {
    #expect(closest(to: text, among: PatientSchema.drug200.drugs) == nil)
    #expect(closest(to: text, among: []) == nil)
  }

  @Test func namesThatDifferInCaseAloneAreNotGuessedBetween() {
    #expect(closest(to: "ABCDEF", among: ["Abcdef", "abcdef", "abcdeg"]) == nil)
    #expect(closest(to: "F", among: ["M"]) == nil)
  }
}
