import Foundation
import RandomForest

/// `forest-bench open --bytes N --file FILE`: grows a forest whose file has at least N bytes, writes
/// it, drops it from the page cache, and times opening it and one prediction.
func open() throws {
  let path = option("file")!
  let wanted = integer("bytes", 1 << 30)
  let features = (0..<28).map { Feature(name: "x\($0)", kind: .numeric) }
  if fileSize(path) < wanted {
    var generator = SeededGenerator(seed: 1)
    var dataset = Dataset(features: features, classes: ["0", "1"])
    // Labels that no feature tells: every tree grows until each sample is alone.
    for _ in 0..<200_000 {
      dataset.append(features.map { _ in generator.uniform() }, label: generator.below(2))
    }
    let schema = FeatureSchema(fitting: dataset, encodings: features.map { _ in .identity })
    var parameters = ForestParameters()
    parameters.maximumLeafCount = nil
    parameters.strategy = .random
    parameters.maximumFeatures = .log2
    parameters.treeCount = 4
    let sample = try ForestTrainer(parameters, threadCount: 2).train(dataset, schema: schema)
    parameters.treeCount = 4 * (wanted / sample.forest.byteCount + 2)
    try ForestTrainer(parameters, threadCount: 2).train(dataset, schema: schema).forest
      .write(to: path)
  }
  let child = Process()
  child.executableURL = URL(filePath: CommandLine.arguments[0])
  child.arguments = ["first", "--file", path]
  try child.run()
  child.waitUntilExit()
}

/// `forest-bench first --file FILE`: the times in a process of its own, whose memory is only what
/// opening and predicting touch.
func first() throws {
  let path = option("file")!
  let descriptor = Foundation.open(path, O_RDONLY)
  posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
  close(descriptor)
  let before = residentMemory()
  var forest: Forest?
  let opened = try seconds { forest = try Forest(mapping: path) }
  let predicted = try seconds { _ = try forest!.predict([Double](repeating: 0.5, count: 28)) }
  try print([
    "bytes": forest!.byteCount, "open_ms": opened * 1000, "first_ms": predicted * 1000,
    "resident": residentMemory() - before, "trees": forest!.treeCount,
  ])
}

func fileSize(_ path: String) -> Int {
  ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int) ?? 0
}

/// The memory of this process that is in RAM now, in bytes.
func residentMemory() -> Int {
  let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
    .split(separator: " ")[1]
  return (pages.flatMap { Int($0) } ?? 0) * 4096
}
