import Foundation
import TestSupport
import Testing

private let rows =
  "Age,Sex,Therapy\n" + String(repeating: "30,F,oral\n61,M,drip\n45,F,oral\n", count: 10)

@Test func describeDraftsWhatTheOtherCommandsTake() throws {
  try withTemporaryFolder { folder in
    let data = try write(Array(rows.utf8), to: "\(folder)/ward.csv")
    let path = "\(folder)/datapackage.json"
    let run = try DrugCtlRun("describe", data, "--output", path)
    #expect(run.status == 0 && run.output.isEmpty)
    #expect(run.errors.hasPrefix("Look at:\n  Therapy is taken for the drug"))
    let explored = try DrugCtlRun("explore", "--data", data)
    #expect(explored.status == 0)
    #expect(explored.lines.contains("\(data): 30 patients in 30 rows, 2 measurements and the drug"))
    #expect(
      try DrugCtlRun("describe", data).output == String(contentsOfFile: path, encoding: .utf8))
  }
}

@Test func aTableThatNothingDescribesIsToldHow() throws {
  try withTemporaryFolder { folder in
    let data = try write(Array(rows.utf8), to: "\(folder)/ward.csv")
    #expect(
      try DrugCtlRun("explore", "--data", data).errors.hasSuffix(
        "; for a table of others there is 'drugctl describe'\n"))
    #expect(
      try DrugCtlRun("explore", "--data", data, "--target", "Therapy").errors
        == "Error: nothing describes \(data), so Therapy cannot be its drug; 'drugctl describe' does\n"
    )
  }
}

@Test func describeLeavesAFileThatIsThereAlone() throws {
  try withTemporaryFolder { folder in
    let data = try write(Array(rows.utf8), to: "\(folder)/ward.csv")
    let path = try write(Array("mine".utf8), to: "\(folder)/datapackage.json")
    let refused = try DrugCtlRun("describe", data, "--output", path)
    #expect(refused.status == 1)
    #expect(refused.errors == "Error: \(path) is there already; --force replaces it\n")
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
    #expect(try DrugCtlRun("describe", data, "--output", path, "--force").status == 0)
    #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("{"))
  }
}

@Test func describeWritesTheStatementThatCountsRows() throws {
  try withTemporaryFolder { folder in
    let data = try write(Array(rows.utf8), to: "\(folder)/ward.csv")
    let statement = """
      SELECT "Age", "Sex", "Therapy", COUNT(*) AS "count"
      FROM "ward"
      GROUP BY "Age", "Sex", "Therapy"

      """
    #expect(try DrugCtlRun("describe", data, "--sql").output == statement)
    let path = "\(folder)/d.json"
    #expect(try DrugCtlRun("describe", data, "--output", path).status == 0)
    #expect(try DrugCtlRun("describe", "--schema", path, "--sql").output == statement)
    let other = try DrugCtlRun("describe", "--schema", path, "--sql", "--table", "w\"d")
    #expect(other.output == statement.replacing("\"ward\"", with: "\"w\"\"d\""))
  }
}

@Test(
  arguments: [
    ["describe"], ["describe", "x.csv", "--schema", "y.json"],
    ["describe", "x.csv", "--table", "t"],
    ["describe", "--schema", "y.json"],
  ])
func describeSaysWhatGoesTogether(_ arguments: [String]) throws {
  #expect(try DrugCtlRun(arguments).status == 64)
}
