import ForestONNX
import POSIX
import RandomForest

// What the tests in Python need of forests that no patient has, to compare them with other programs:
//
//   forest-rows forest.rf rows answers                  predicts rows
//   forest-rows train LEVELS TREES rows forest.rf onnx  trains a forest and writes it twice; `single` and
//                                                       `table` behind say how it stands in ONNX
//   forest-rows read LEVELS CLASSES onnx forest.rf      makes a forest of a model in ONNX
//
// and of what the library says of numbers, to compare it with other libraries (Library.swift):
//
//   forest-rows learn CLASSES COLUMNS TREES SEED rows forest.rf estimates
//   forest-rows levels CLASSES COLUMNS LEVELS ordered|one-hot rows onnx forest.rf
//   forest-rows explain forest.rf rows answers
//   forest-rows oversample CLASSES COLUMNS SEED rows balanced
//   forest-rows sets KIND COVERAGE CLASSES calibration probabilities sets
//
// Rows are raw doubles, one an input, NaN where it is missing; in training the class follows. An answer
// has one double a class, then the label. LEVELS has a number for each input, `0,0,3`: how many levels it
// has, 0 for a number. Inputs are called x0, x1, …, levels l0, …, classes c0, …

/// The doubles of a file.
func doubles(_ path: String) -> [Double] {
  guard let file = fopen(path, "r") else { exit(66) }
  defer { fclose(file) }
  var values: [Double] = []
  var value = 0.0
  while fread(&value, MemoryLayout<Double>.size, 1, file) == 1 { values.append(value) }
  return values
}

func write(_ elements: [some BitwiseCopyable], to path: String) {
  guard let file = fopen(path, "w"),
    elements.withUnsafeBytes({ fwrite($0.baseAddress, 1, $0.count, file) == $0.count }),
    fclose(file) == 0
  else { exit(73) }
}

func features(_ levels: String) -> [Feature] {
  levels.split(separator: ",").enumerated().map { input, count in
    let levels = (0..<Int(count)!).map { "l\($0)" }
    return Feature(
      name: "x\(input)", kind: levels.isEmpty ? .numeric : .categorical(levels: levels))
  }
}

/// Every number may be missing.
func encodings(_ features: [Feature]) -> [FeatureEncoding] {
  features.map { $0.isCategorical ? .oneHot : .identityWithMissing }
}

func predict(_ forest: Forest, _ rows: [Double]) throws -> [Double] {
  let width = forest.schema.inputs.count
  return try stride(from: 0, to: rows.count, by: width).flatMap { start in
    let prediction = try forest.predict(Array(rows[start..<start + width]))
    return prediction.probabilities + [Double(prediction.label)]
  }
}

func train(_ features: [Feature], treeCount: Int, _ rows: [Double]) throws -> Forest {
  let width = features.count + 1
  let labels = stride(from: width - 1, to: rows.count, by: width).map { Int(rows[$0]) }
  let dataset = dataset(rows, features, classCount: labels.max()! + 1)
  var parameters = ForestParameters()
  parameters.treeCount = treeCount
  parameters.maximumLeafCount = nil
  let schema = FeatureSchema(fitting: dataset, encodings: encodings(features))
  return try ForestTrainer(parameters).train(dataset, schema: schema).forest
}

func read(_ features: [Feature], classCount: Int, _ model: [UInt8]) throws -> Forest {
  let classes = (0..<classCount).map { "c\($0)" }
  let columns = zip(features, encodings(features)).flatMap { feature, encoding in
    let names = EncodedFeature(feature, encoding: encoding).columnNames
    return feature.isCategorical ? names : [names[0]]
  }
  let request = ONNXModel.Request(
    features: features, encodings: [encodings(features)], classes: classes, columns: columns,
    labels: classes,
    incompleteCategories: Set(features.lazy.filter(\.isCategorical).map(\.name)))
  return try ONNXModel(parsing: model).forest(request).forest
}

func bytes(_ path: String) -> [UInt8] {
  guard let file = fopen(path, "r") else { exit(66) }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  while case let byte = getc(file), byte >= 0 { bytes.append(UInt8(byte)) }
  return bytes
}

let arguments = Array(CommandLine.arguments.dropFirst())
switch (arguments.first, arguments.count) {
case ("train", 6...8):
  let forest = try train(
    features(arguments[1]), treeCount: Int(arguments[2])!, doubles(arguments[3]))
  try forest.write(to: arguments[4])
  let form = ONNXForm(
    isSingle: arguments[6...].contains("single"), isTable: arguments[6...].contains("table"))
  write(
    try forest.onnx(producer: "tests", version: "1", description: "", form: form),
    to: arguments[5])
case ("read", 5):
  let forest = try read(
    features(arguments[1]), classCount: Int(arguments[2])!, bytes(arguments[3]))
  try forest.write(to: arguments[4])
case ("learn", 8):
  let rows = dataset(
    doubles(arguments[5]), numbers(Int(arguments[2])!), classCount: Int(arguments[1])!)
  let (forest, estimates) = try learn(
    rows, treeCount: Int(arguments[3])!, seed: UInt64(arguments[4])!)
  try forest.write(to: arguments[6])
  write(estimates, to: arguments[7])
case ("levels", 8):
  let features =
    features(arguments[3]) + numbers(Int(arguments[2])!).dropFirst()
  let rows = dataset(doubles(arguments[5]), features, classCount: Int(arguments[1])!)
  let forest = try learnLevels(rows, isOrdered: arguments[4] == "ordered")
  write(try forest.onnx(producer: "tests", version: "1", description: ""), to: arguments[6])
  try forest.write(to: arguments[7])
case ("explain", 4):
  write(try explain(Forest(mapping: arguments[1]), doubles(arguments[2])), to: arguments[3])
case ("oversample", 6):
  let rows = dataset(
    doubles(arguments[4]), numbers(Int(arguments[2])!), classCount: Int(arguments[1])!)
  write(try oversample(rows, seed: UInt64(arguments[3])!), to: arguments[5])
case ("sets", 7):
  let found = sets(
    arguments[1], coverage: Double(arguments[2])!, classCount: Int(arguments[3])!,
    calibration: doubles(arguments[4]), doubles(arguments[5]))
  write(found, to: arguments[6])
case (_, 3):
  let forest = try Forest(mapping: arguments[0])
  try forest.verify()
  write(try predict(forest, doubles(arguments[1])), to: arguments[2])
default:
  exit(64)
}
