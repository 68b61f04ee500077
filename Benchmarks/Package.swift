// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "drug-classifier", path: "..")],
  targets: [
    .executableTarget(
      name: "forest-bench",
      dependencies: [.product(name: "RandomForest", package: "drug-classifier")])
  ]
)
