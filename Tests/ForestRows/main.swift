import POSIX
import RandomForest

// Predicts rows of raw doubles for the tests that compare forests with other programs' answers:
// `forest-rows forest.rf rows answers`. A row has one double an input; an answer has one double a class,
// then the label as a double.
guard CommandLine.arguments.count == 4, let rows = fopen(CommandLine.arguments[2], "r"),
  let answers = fopen(CommandLine.arguments[3], "w")
else { exit(64) }
let forest = try Forest(mapping: CommandLine.arguments[1])
try forest.verify()
let width = forest.schema.inputs.count
var row = [Double](repeating: 0, count: width)
while fread(&row, MemoryLayout<Double>.size, width, rows) == width {
  let prediction = try forest.predict(row)
  let answer = prediction.probabilities + [Double(prediction.label)]
  fwrite(answer, MemoryLayout<Double>.size, answer.count, answers)
}
guard ferror(rows) == 0, fclose(answers) == 0 else { exit(1) }
