import Foundation
import Models
import Patients
import TestSupport
import Testing

/// Tables that are answered without a service.
struct PredictTests {
  private static let table = """
    id,Age,Sex,BP,Cholesterol,Na_to_K
    a,45,M,HIGH,NORMAL,15.5
    "b, c",45,M,HIGH,NORMAL,14.8
    d,45,M,HIGH,NORMAL,many
    e,119,F,LOW,HIGH,20

    """

  /// A table beside a model, and what `drugctl predict` makes of it.
  private func answer(
    _ table: String = table, _ options: String..., in folder: String
  ) throws -> (run: DrugCtlRun, answers: [[String]]) {
    let data = try write(Array(table.utf8), to: "\(folder)/table.csv")
    let output = "\(folder)/answers.csv"
    let run = try DrugCtlRun(
      ["predict", "--models", folder, "--data", data, "--output", output] + options)
    let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
    return (
      run,
      text.split(separator: "\r\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
    )
  }

  @Test func eachRowHasWhatTheServiceWouldSay() throws {
    try withTemporaryFolder { folder in
      let version = try saveModel(in: folder)
      let (run, answers) = try answer(in: folder)
      #expect(run.status == 0)
      #expect(run.output.hasPrefix("4 rows by model \(version) in "))
      #expect(run.output.contains("need review, 1 are wrong and not answered."))
      #expect(
        answers[0].joined(separator: ",")
          == "id,Age,Sex,BP,Cholesterol,Na_to_K,prediction,probability,prediction_set,needs_review,warnings,error,answer_id"
      )
      let model = try ModelRegistry(root: folder).load(nil)
      let patients = try drug200().schema.documented
      for (place, row) in [(0, answers[1]), (2, answers[2])] {
        let expected = try model.recommend(for: patients[place].patient)
        #expect(
          row[row.count - 7] == expected.drug && row[row.count - 6] == "\(expected.probability)")
        #expect(row[row.count - 4] == "\(expected.needsReview)" && row.last == "")
      }
      #expect(answers[3][11].hasPrefix("line 4: Na_to_K must be a number"))
      #expect(answers[4][9] == "true" && answers[4][10].contains("Age"))
      // Nothing is left beside it.
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(!names.contains { $0.contains(".part") })
    }
  }

  @Test func manyThreadsSayTheSameInTheSameOrder() throws {
    try withTemporaryFolder { folder in
      _ = try saveModel(in: folder)
      let rows = (0..<40_000).map { row in
        "\(row % 90),\(row % 2 == 0 ? "F" : "M"),LOW,HIGH,\(5 + Double(row % 300) / 10)\n"
      }
      let table = "Age,Sex,BP,Cholesterol,Na_to_K\n" + rows.joined()
      let one = try answer(table, "--threads", "1", in: folder).answers
      let four = try answer(table, "--threads", "4", "--force", in: folder).answers
      #expect(one.count == 40_001 && one == four)
    }
  }

  @Test func aTableThatCannotBeReadToItsEndSaysSo() throws {
    try withTemporaryFolder { folder in
      _ = try saveModel(in: folder)
      let (run, answers) = try answer(
        "Age,Sex,BP,Cholesterol,Na_to_K\n45,M,HIGH,NORMAL,15.5\n45,M,\"HIGH,NORMAL,15.5\n",
        in: folder)
      #expect(run.status != 0 && run.errors.contains("quot"))
      #expect(answers.count == 3 && answers[2].contains { $0.hasPrefix("the rest: ") })
    }
  }

  @Test func nothingIsReplacedThatIsThere() throws {
    try withTemporaryFolder { folder in
      _ = try saveModel(in: folder)
      _ = try answer(in: folder)
      let again = try answer(in: folder).run
      #expect(again.status == 64 && again.errors.contains("--force replaces it"))
      #expect(try answer(Self.table, "--force", in: folder).run.status == 0)
      let table = "\(folder)/table.csv"
      let same = try DrugCtlRun(
        "predict", "--models", folder, "--data", table, "--output", table, "--force")
      #expect(same.status == 64 && same.errors.contains("is the table itself"))
      #expect(try String(contentsOfFile: table, encoding: .utf8) == Self.table)
    }
  }

  @Test(arguments: [
    ("Age,Sex\n1,M\n", "Na_to_K"), ("", "empty"),
  ])
  func aTableOfOtherColumnsIsRefused(table: String, word: String) throws {
    try withTemporaryFolder { folder in
      _ = try saveModel(in: folder)
      let (run, answers) = try answer(table, in: folder)
      #expect(run.status != 0 && run.errors.contains(word) && answers.isEmpty)
    }
  }

  /// What was begun of another table, or by another model, is not gone on with.
  @Test func onlyWhatWasBegunOfTheSameIsGoneOnWith() throws {
    try withTemporaryFolder { folder in
      _ = try saveModel(in: folder)
      let checkpoint =
        #"{"version":"0123456789ab","size":1,"modified":"x","counts":{"rows":2,"review":0,"wrong":0},"bytes":3}"#
      _ = try write(Array(checkpoint.utf8), to: "\(folder)/answers.csv.part.json")
      _ = try write(Array("xyz".utf8), to: "\(folder)/answers.csv.part")
      let (run, answers) = try answer(in: folder)
      #expect(run.status == 0 && answers.count == 5 && answers[0][0] == "id")
    }
  }
}
