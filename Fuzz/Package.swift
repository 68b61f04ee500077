// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "drug-classifier", path: "..")],
  targets: [
    .systemLibrary(name: "CLibFuzzer"),
    .target(name: "LibFuzzer", dependencies: ["CLibFuzzer"]),
    .executableTarget(
      name: "forest-fuzz",
      dependencies: ["LibFuzzer", .product(name: "RandomForest", package: "drug-classifier")]),
    .executableTarget(
      name: "onnx-fuzz",
      dependencies: [
        "LibFuzzer", .product(name: "ForestONNX", package: "drug-classifier"),
        .product(name: "RandomForest", package: "drug-classifier"),
      ]),
    .executableTarget(
      name: "csv-fuzz",
      dependencies: ["LibFuzzer", .product(name: "Patients", package: "drug-classifier")]),
  ]
)
