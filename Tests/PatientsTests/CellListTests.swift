import Testing
@testable import Patients

@Suite struct CellListTests {
  @Test func namesOfOneWordStandBetweenBlanks() {
    #expect(["DrugY", "drugA", "drugX"].inOneCell == "DrugY drugA drugX")
    #expect(["DrugY"].inOneCell == "DrugY" && [String]().inOneCell.isEmpty)
  }

  @Test func aNameWithABlankOrAQuoteStandsInQuotes() {
    #expect(["tablet B", "drip"].inOneCell == #""tablet B" drip"#)
    #expect([#"the "new" one"#, #"5""#].inOneCell == #""the ""new"" one" "5""""#)
    #expect(["a,b", "c;d", "it's"].inOneCell == "a,b c;d it's")
  }

  @Test(arguments: [
    ["tablet B", "drip"], ["a", "a b", "a b c"], [#"""#, #""""#], [#"" ""#, #"a" "b"#],
    ["東 京", "ward\u{a0}3"], ["a \u{301}b", "a\"\u{301}b"], ["💊 2", "ضغط الدم", "x"],
    ["\u{2028}", "a\u{3000}b"], [""],
  ])
  func whateverTheNamesTheyCanBeTakenApartAgain(_ names: [String]) {
    #expect(names.inOneCell.fields(separatedBy: " ") == names)
  }

  @Test func remarksStandBetweenSemicolons() {
    #expect(["Age is high", "BP is low"].remarksInOneCell == "Age is high; BP is low")
    #expect(["a; b is high", "c is low"].remarksInOneCell == #""a; b is high"; c is low"#)
  }

  @Test func aLineOfCSVIsTakenApart() {
    #expect(#"a,"b, c","d ""e""","#.fields() == ["a", "b, c", #"d "e""#, ""])
    #expect(#"a,"b"#.fields() == nil && #"a"b,c"#.fields() == nil)
    #expect("a\nb".fields() == nil && "".fields() == [])
  }
}
