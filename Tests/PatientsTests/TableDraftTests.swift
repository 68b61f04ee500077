import RandomForest
import TestSupport
import Testing

@testable import Patients

/// The draft of a table's description.
private func draft(_ text: String, target: String? = nil) throws -> TableDraft {
  try withTemporaryFolder { folder in
    try TableDraft(path: write(Array(text.utf8), to: "\(folder)/t.csv"), target: target)
  }
}

/// A table whose rows repeat these.
private func table(_ header: String, _ rows: [String], times: Int = 5) -> String {
  ([header] + Array(repeating: rows, count: times).flatMap { $0 }).joined(separator: "\n") + "\n"
}

@Suite struct TableDraftTests {
  @Test func typesRangesAndCategoriesFollowFromTheCells() throws {
    let found = try draft(
      table("Age,Na,Sex,Smoker,Drug", ["30,1.5,M,true,b", "61,2.25,F,false,a", "45,9,F,true,a"]))
    let fields = found.description.fields
    #expect(fields.map(\.type) == [.integer, .number, .string, .boolean, .string])
    #expect(fields.map(\.isRequired) == [true, true, true, true, true])
    #expect(fields[0].limits.words == "whole number from 14 to 77")
    #expect(fields[1].limits.words == "number from 0 to 13")
    #expect(fields[2].categories?.map(\.value) == ["F", "M"])
    #expect(found.description.target == "Drug")
    #expect(found.description.group == "Sex")
    #expect(found.notes[0] == "Drug is taken for the drug, by its name; --target names another")
  }

  @Test(
    arguments: [
      ("0", "4", "whole number from 0 to 6"), ("1990", "2020", "whole number from 1900 to 2100"),
      ("-5", "-1", "whole number from -7 to 0"), ("7", "7", "whole number from 3 to 11"),
      ("0.1", "0.3", "number from 0 to 0.4"), ("-1e300", "1e300", "number"),
      ("-1e308", "1.7e308", "number"),
    ])
  func limitsAreWiderThanWhatWasSeenAndNotBelowZero(
    _ low: String, _ high: String, _ words: String
  ) throws {
    let found = try draft(table("X,Drug", ["\(low),a", "\(high),b"]))
    let field = found.description.fields[0]
    #expect(words == "number" ? field.limits.range != nil : field.limits.words == words)
    #expect(field.limits.range?.contains(Double(low)!) == true)
    #expect(field.limits.range?.contains(Double(high)!) == true)
  }

  @Test func whatStandsForNoValueIsFoundAmongNumbersAlone() throws {
    let found = try draft(
      table("Na,Region,K,Drug", ["NA,NA,?,a", "1,x,2,b", ",x,3,b"]))
    #expect(found.description.missingValues == ["", "?", "NA"])
    #expect(found.description.fields.map(\.isRequired) == [false, false, false, true])
    #expect(found.description.fields[1].categories?.map(\.value) == ["x"])
    let text = try draft(table("Na,Region,Drug", ["4,NA,a", "1,x,b"]))
    #expect(text.description.missingValues == [""])
    #expect(text.description.fields[1].categories?.map(\.value) == ["NA", "x"])
  }

  @Test func whatTellsOnePatientFromAnotherIsLeftOutWithTheReason() throws {
    let rows = (0..<30).map {
      "\($0 + 1),P\($0),2024-01-\(10 + $0 % 9),\($0 % 4),,\($0 % 2 == 0 ? "a" : "b")"
    }
    let found = try draft(table("nr,case,day,stage,empty,Drug", rows, times: 1))
    #expect(found.description.fields.map(\.name) == ["stage", "Drug"])
    for note in [
      "nr is left out: it numbers the rows",
      "case is left out: nearly every row has a text of its own",
      "day is left out: a date is no measurement: write the days or years that have gone by",
      "empty is left out: it holds no value",
      "stage has 4 different whole numbers: if they are codes, list them as categories",
    ] {
      #expect(found.notes.contains(note), "\(note)")
    }
    // They stand in the description all the same, so that others know each column.
    let read = try TableDescription(parsing: Array(found.text.utf8))
    #expect(read.leftOut.map(\.name) == ["nr", "case", "day", "empty"])
  }

  @Test func theDrugIsTheColumnThatIsNamedOrCalledSoOrTheLastTextThatRepeats() throws {
    let text = table("Drug,Region,Answer,Level", ["a,x,p,1", "b,y,q,2"])
    #expect(try draft(text).description.target == "Drug")
    #expect(try draft(text, target: "Region").description.target == "Region")
    #expect(try draft(text, target: "Level").description.field("Level")?.categories?.count == 2)
    let other = table("Region,Answer,Level", ["x,p,1", "y,q,2"])
    #expect(try draft(other).description.target == "Answer")
    for (text, target, words) in [
      (table("X,Y1", ["1,2", "3,4"]), nil, "no column looks like the drug: name it with --target"),
      (text, "Nobody", "no column is called Nobody"),
      (table("X,Drug", ["1,a"]), "Drug", "Drug has 1 different values: a drug is one of 2 to 100"),
      (table("X,X,Drug", ["1,1,a", "1,1,b"]), nil, "column X stands twice: rename one of them"),
    ] as [(String, String?, String)] {
      let error = #expect(throws: DescriptionError.self) { try draft(text, target: target) }
      #expect(error?.detail == words)
    }
    #expect(throws: TableError.self) { try draft("X,Drug\n") }
  }

  @Test func aColumnCalledCountIsTheCountWhereItCanBe() throws {
    let counted = try draft(table("X,Drug,count", ["1,a,3", "2,b,1"]))
    #expect(counted.description.fields.map(\.name) == ["X", "Drug"])
    let read = try PatientSchema(TableDescription(parsing: Array(counted.text.utf8)))
    #expect(read.fields.map(\.name) == ["X"] && read.table.count == "count")
    let measured = try draft(table("X,Drug,count", ["1,a,0", "2,b,1"]))
    #expect(measured.description.fields.map(\.name) == ["X", "Drug", "count"])
  }

  @Test func aDraftReadsItsOwnTable() throws {
    var draw = SeededGenerator(seed: printedSeed())
    let cells = [
      "1", "-2.5", "1e3", "x", "größe", "東", "\"a\"\"b\"", "NA", "", "?", "TRUE", "false",
    ]
    for _ in 0..<200 {
      let width = 1 + draw.below(6)
      let delimiter = [",", ";", "\t"][draw.below(3)]
      let palettes = (0..<width).map { _ in
        (0..<1 + draw.below(4)).map { _ in cells[draw.below(cells.count)] }
      }
      let rows = (0..<2 + draw.below(30)).map { row in
        (palettes.map { $0[draw.below($0.count)] } + [["a", "b"][row % 2]]).joined(
          separator: delimiter)
      }
      let header = ((0..<width).map { "f \($0)" } + ["Drug"]).joined(separator: delimiter)
      let text = ([header] + rows).joined(separator: "\n")
      try withTemporaryFolder { folder in
        let path = try write(Array(text.utf8), to: "\(folder)/t.csv")
        let found: TableDraft
        do {
          found = try TableDraft(path: path, target: "Drug")
        } catch let error as DescriptionError {
          // All columns may be empty, and then nothing is measured.
          #expect(error.pointer.hasSuffix("/fields"), "\(error)\n\(text)")
          return
        }
        let schema = try PatientSchema(TableDescription(parsing: Array(found.text.utf8)))
        #expect(
          try PatientTable(path: path, schema: schema).dataset.rowCount == rows.count, "\(text)")
      }
    }
  }

  @Test func theStatementQuotesWhateverNamesHold() throws {
    let found = try draft(table("\"a\"\"b\",x;y -- z,Drug", ["1,2,a", "3,4,b"]), target: "Drug")
    #expect(
      try found.description.sql() == """
        SELECT "a""b", "x;y -- z", "Drug", COUNT(*) AS "count"
        FROM "t"
        GROUP BY "a""b", "x;y -- z", "Drug"

        """)
    #expect(try found.description.sql(from: "w\"d").contains("FROM \"w\"\"d\"\n"))
  }
}
