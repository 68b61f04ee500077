import Models
import Testing
import TestSupport

@Test(arguments: [[], ["--help"], ["-h"], ["help"]] as [[String]])
func helpNamesTheCommandsAndTheExitStatuses(_ arguments: [String]) throws {
  let run = try DrugCtlRun(arguments)
  #expect(run.status == 0)
  #expect(run.errors.isEmpty)
  for word in ["explore", "prepare", "train", "evaluate", "pipeline", "Exit status", "64"] {
    #expect(run.output.contains(word), "\(word)")
  }
}

private let spellings: [(command: String, options: [String])] = [
  ("explore", ["--data", "--skip-invalid"]),
  (
    "prepare",
    ["--features", "--test-size", "--test-fraction", "--random-state", "--seed", "--output"]
  ),
  (
    "train",
    [
      "--n-estimators", "--trees", "--max-leaf-nodes", "--maximum-leaves", "--max-features",
      "--maximum-features", "--threads", "--n-jobs", "--smote", "--no-smote", "--models",
    ]
  ),
  ("evaluate", ["--model", "--plot", "--cross-validate", "--cv-folds", "--folds", "--cv-repeats"]),
  (
    "pipeline",
    ["--no-cross-validation", "--cv-folds", "--repeats", "--features", "--n-estimators"]
  ),
]

@Test(arguments: spellings)
func theHelpOfACommandNamesItsOptionsInBothSpellings(
  _ command: String, _ options: [String]
) throws {
  for flag in ["-h", "--help"] {
    let run = try DrugCtlRun(command, flag)
    #expect(run.status == 0)
    for option in options { #expect(run.output.contains(option), "\(option)") }
  }
}

@Test func theVersionIsPrinted() throws {
  #expect(try DrugCtlRun("--version").output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
}

private let misused: [(arguments: [String], message: String)] = [
  (["trian"], "Unexpected argument 'trian'"),
  (["explore", "file.csv"], "Unexpected argument 'file.csv'"),
  (["train", "--n-estimators", "0"], "--n-estimators is a number of trees from 1 to 10000."),
  (["train", "--trees", "10001"], "--n-estimators is a number of trees from 1 to 10000."),
  (
    ["train", "--n-estimators", "many"], "The value 'many' is invalid for '--n-estimators <number>'"
  ),
  (["train", "--max-leaf-nodes", "1"], "--max-leaf-nodes is a number of leaves, 2 or more."),
  (["train", "--threads", "0"], "--threads is a number of threads from 1 to 1024."),
  (["prepare", "--test-size", "1"], "--test-size is a share between 0 and 1, for example 0.3."),
  (["prepare", "--test-size", "nan"], "--test-size is a share between 0 and 1, for example 0.3."),
  (["prepare", "--features", "both"], "The value 'both' is invalid for '--features <set>'"),
  (
    ["train", "--max-features", "half"], "The value 'half' is invalid for '--max-features <choice>'"
  ),
  (
    ["prepare", "--output", "x"],
    "--output needs one feature set: add --features binned or continuous."
  ),
  (["pipeline", "--cv-folds", "1"], "--cv-folds is a number of folds, 2 or more."),
  (["pipeline", "--cv-repeats", "0"], "--cv-repeats is a number of repeats from 1 to 1000."),
  (["pipeline", "--random-state=-1"], "The value '-1' is invalid for '--random-state <number>'"),
]

@Test(arguments: misused)
func aCommandThatIsNotUnderstoodSaysWhyAndHowToUseIt(
  _ arguments: [String], _ message: String
) throws {
  let run = try DrugCtlRun(arguments)
  #expect(run.status == 64)
  #expect(run.output.isEmpty)
  #expect(run.errors.hasPrefix("Error: \(message)"))
  #expect(run.errors.contains("Usage: drugctl"))
}

@Test(arguments: ["explore", "prepare", "train", "evaluate", "pipeline"])
func aFileThatCannotBeReadEndsTheCommandWithItsName(_ command: String) throws {
  let run = try DrugCtlRun(command, "--data", "/nowhere/patients.csv")
  #expect(run.status == 1)
  #expect(run.errors == "Error: /nowhere/patients.csv: open: No such file or directory\n")
}

@Test func bothSpellingsOfAnOptionMeanTheSame() throws {
  try withTemporaryFolder { folder in
    let field = [
      "--n-estimators", "7", "--max-leaf-nodes", "9", "--max-features", "all", "--test-size",
      "0.25",
      "--random-state", "3", "--n-jobs", "1",
    ]
    let own = [
      "--trees", "7", "--maximum-leaves", "9", "--maximum-features", "all", "--test-fraction",
      "0.25",
      "--seed", "3", "--threads", "1",
    ]
    let forests = try [field, own].enumerated().map { number, options in
      let run = try DrugCtlRun(["train", "--models", "\(folder)/\(number)"] + options)
      #expect(run.status == 0)
      return try ServedFolder("\(folder)/\(number)")
    }
    #expect(forests[0].forest == forests[1].forest)
    #expect(forests[0].version == forests[1].version)
    let parameters = try #require(forests[0].card.parameters)
    #expect(parameters.nEstimators == 7)
    #expect(parameters.maxLeafNodes == 9)
    #expect(parameters.maxFeatures == "all")
    #expect(parameters.testSize == 0.25)
    #expect(parameters.randomState == 3)
  }
}
