import Testing
import TestSupport

@Test func exploreShowsShapeTypesStatisticsAndDrugs() throws {
  let run = try DrugCtlRun("explore")
  #expect(run.status == 0)
  #expect(run.errors.isEmpty)
  #expect(run.stages == ["1/2 Load", "2/2 Explore"])
  #expect(run.timedStageCount == 2)
  // Counted and computed apart from this program, by awk and NumPy.
  for line in [
    "data/drug200.csv: 200 patients in 200 rows, 5 measurements and the drug",
    "sha256 9517b83a24a3d7d62eb3920752d409ea187e4a1ff8ae94b4fd946a8e7f63f3b2",
    "Age whole number 0 57 15 to 74",
    "Na_to_K number 0 198 6.269 to 38.247",
    "BP category 0 3 HIGH LOW NORMAL",
    "Drug category 0 5 DrugY drugA drugB drugC drugX",
    "Age 200 44.32 16.54 15.00 31.00 45.00 58.00 74.00",
    "drugB 16 11.52 1.87 8.62 9.92 11.17 13.46 14.24",
    "Na_to_K 200 16.08 7.22 6.27 10.45 13.94 19.38 38.25",
    "BP LOW 64 30 0 0 16 18",
    "Cholesterol NORMAL 97 44 11 8 0 34",
  ] {
    #expect(run.lines.contains(line), "\(line)")
  }
  #expect(run.lines.contains { $0.wholeMatch(of: /drugX 54 27\.0% █+/) != nil })
}

@Test func exploreCountsMissingValuesAndNamesTheRowsThatItLeavesOut() throws {
  try withTemporaryFolder { folder in
    let text = """
      id,Age,Sex,BP,Cholesterol,Na_to_K,Drug,count
      1,45,M,HIGH,NORMAL,15.5,DrugY,3
      2,,M,HIGH,NORMAL,15.5,DrugY,1
      3,,M,HIGH,,9,drugA,1
      4,30,F,LOW,HIGH,9,drugC,2

      """
    let path = try write(Array(text.utf8), to: "\(folder)/patients.csv")
    let grouped = try DrugCtlRun("explore", "--data", path)
    #expect(grouped.status == 1)
    #expect(
      grouped.errors == """
        Error: \(path): 2 invalid rows
          2 rows, first line 3: Age is missing; allowed: whole number from 0 to 120
          line 4, column Cholesterol: Cholesterol is missing; allowed: HIGH, NORMAL

        """)
    let refused = try DrugCtlRun("explore", "--data", path, "--all-problems")
    #expect(refused.status == 1)
    #expect(
      refused.errors == """
        Error: \(path): 2 invalid rows
          line 3, column Age: Age is missing; allowed: whole number from 0 to 120
          line 4, column Age: Age is missing; allowed: whole number from 0 to 120
          line 4, column Cholesterol: Cholesterol is missing; allowed: HIGH, NORMAL

        """)
    let run = try DrugCtlRun("explore", "--data", path, "--skip-invalid")
    #expect(run.status == 0)
    for line in [
      "\(path): 5 patients in 2 rows, 5 measurements and the drug", "ignored columns: id",
      "left out 2 invalid rows:",
      "2 rows, first line 3: Age is missing; allowed: whole number from 0 to 120",
      "Age whole number 2 2 30 to 45",
      "Cholesterol category 1 2 HIGH NORMAL",
      "Sex category 0 2 F M",
    ] {
      #expect(run.lines.contains(line), "\(line)")
    }
  }
}

@Test func exploreReadsATableAsASpreadsheetWritesItAndSaysHow() throws {
  try withTemporaryFolder { folder in
    let text = "Name;Age;Sex;BP;Cholesterol;Na_to_K;Drug\r\nJürgen;45;M;HIGH;NORMAL;15,5;DrugY\r\n"
    let path = try write(text.unicodeScalars.map { UInt8($0.value) }, to: "\(folder)/export.csv")
    let run = try DrugCtlRun("explore", "--data", path)
    #expect(run.status == 0)
    #expect(run.lines.contains("read as Latin-1, separated by semicolons, decimal commas"))
    #expect(run.lines.contains("Na_to_K number 0 1 15.5 to 15.5"))
    #expect(try !DrugCtlRun("explore").output.contains("read as"))
  }
}

@Test(arguments: [["explore", "--data"], ["train", "--data"], ["datasets", "add", "ward"]])
func aFaultOfManyRowsIsOneLineWithWhatWasMeant(_ command: [String]) throws {
  try withTemporaryFolder { folder in
    let rows = "45,M,HIGH,NORMAL,15.5,DRUGY\n30,F,LOW,HIGH,9,drugC\n"
    let text = header + String(repeating: rows, count: 91)
    let path = try write(Array(text.utf8), to: "\(folder)/patients.csv")
    let arguments = command + [path, "--models", folder].prefix(command[0] == "explore" ? 1 : 3)
    let run = try DrugCtlRun(arguments)
    #expect(run.status == 1)
    #expect(
      run.errors == """
        Error: \(path): 91 invalid rows
          91 rows, first line 2: Drug is DRUGY; did you mean DrugY?

        """)
    let all = try DrugCtlRun(arguments + ["--all-problems"])
    #expect(all.errors.split(separator: "\n").count == 92)
    #expect(all.errors.contains("  line 182, column Drug: Drug must be one of DrugY, drugA,"))
  }
}
