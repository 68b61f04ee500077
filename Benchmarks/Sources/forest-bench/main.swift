import Foundation
import RandomForest

/// Trains and predicts on the raw files that data.py writes, and prints what it measured as JSON.
let arguments = Array(CommandLine.arguments.dropFirst())

func option(_ name: String) -> String? {
  arguments.firstIndex(of: "--" + name).map { arguments[$0 + 1] }
}

func integer(_ name: String, _ standard: Int) -> Int { option(name).flatMap(Int.init) ?? standard }

func print(_ values: [String: Any]) throws {
  let data = try JSONSerialization.data(withJSONObject: values, options: [.sortedKeys])
  Swift.print(String(decoding: data, as: UTF8.self))
}

switch arguments.first {
case "train": try train()
case "predict": try predict()
case "open": try open()
case "first": try first()
case "explain": try explain()
case "smote": try smote()
default:
  FileHandle.standardError.write(
    Data("usage: forest-bench train|predict|open|explain|smote …\n".utf8))
  exit(64)
}
