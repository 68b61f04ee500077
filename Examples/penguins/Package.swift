// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "penguins",
  // The library's own least versions: a package may not promise older ones.
  platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
  dependencies: [.package(name: "drug-classifier", path: "../..")],
  targets: [
    .executableTarget(
      name: "penguins",
      dependencies: [.product(name: "RandomForest", package: "drug-classifier")])
  ]
)
