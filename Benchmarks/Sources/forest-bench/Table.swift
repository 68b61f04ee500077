import Foundation
import RandomForest

/// A table that data.py wrote.
struct Table {
  let train: Dataset
  let test: Dataset
  /// What the forest's columns are, in the order of the features.
  private(set) var encodings: [FeatureEncoding]

  init(folder: String, kind: String) throws {
    let features: [Feature]
    let classes: [String]
    if kind == "synthetic" {
      // A category of many levels stands before the numbers.
      let levels = (0..<integer("levels", 0)).map { "l\($0)" }
      features =
        (levels.isEmpty ? [] : [Feature(name: "level", kind: .categorical(levels: levels))])
        + (0..<integer("columns", 28)).map { Feature(name: "x\($0)", kind: .numeric) }
      classes = (0..<integer("classes", 2)).map { "\($0)" }
      encodings = features.map { $0.isCategorical ? .oneHot : .identity }
    } else {
      features = [
        Feature(name: "Sex", kind: .categorical(levels: ["F", "M"])),
        Feature(name: "BP", kind: .categorical(levels: ["HIGH", "LOW", "NORMAL"])),
        Feature(name: "Cholesterol", kind: .categorical(levels: ["HIGH", "NORMAL"])),
        Feature(name: "Age", kind: .numeric), Feature(name: "Na_to_K", kind: .numeric),
      ]
      classes = ["DrugY", "drugA", "drugB", "drugC", "drugX"]
      let ageLabels = ["<20s", "20s", "30s", "40s", "50s", "60s", ">60s"]
      encodings =
        [.oneHot, .oneHot, .oneHot]
        + (kind == "binned"
          ? [
            .bins(edges: [19, 29, 39, 49, 59, 69], labels: ageLabels),
            .bins(edges: [9, 19, 29], labels: ["<10", "10-20", "20-30", ">30"]),
          ] : [.identity, .identity])
    }
    func part(_ name: String) throws -> Dataset {
      let values: [Double] = try Self.read("\(folder)/\(name).values")
      let labels: [Int32] = try Self.read("\(folder)/\(name).labels")
      return Dataset(
        features: features, classes: classes, values: values, labels: labels.map(Int.init))
    }
    train = try part("train")
    if option("ordered") != nil { encodings[0] = train.orderedEncoding(ofColumn: 0) }
    test = try part("test")
  }

  private static func read<Value>(_ path: String) throws -> [Value] {
    let data = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
    return data.withUnsafeBytes { Array($0.bindMemory(to: Value.self)) }
  }
}

/// A line of /proc/self/status that counts memory, in bytes.
private func memory(_ name: String) -> Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
  return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
}

/// The memory of this process that is in RAM now; the peak counts from here on.
func beginPeakMemory() -> Int {
  try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
  return memory("VmRSS:")
}

/// The most memory that this process has held since `beginPeakMemory`, in bytes.
func peakMemory() -> Int { memory("VmHWM:") }

/// The time of the processors that this process has taken, in seconds.
func processorTime() -> Double {
  Double(clock()) / Double(CLOCKS_PER_SEC)
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  return (ContinuousClock.now - start) / .seconds(1)
}
