// swift-tools-version: 6.2
import PackageDescription

let house: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
  name: "drug-classifier",
  products: [
    .library(name: "RandomForest", targets: ["RandomForest"]),
    .library(name: "ForestONNX", targets: ["ForestONNX"]),
    .library(name: "DrugClassifier", targets: ["DrugClassifier"]),
    // One program under two names: docs/decisions/image.md.
    .executable(name: "drugctl", targets: ["drug-programs"]),
    .executable(name: "drug-responder", targets: ["drug-programs"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    .systemLibrary(name: "CFastCGI", pkgConfig: "fcgi", providers: [.apt(["libfcgi-dev"])]),
    .systemLibrary(name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CSpawn"),
    .target(name: "FastCGI", dependencies: ["CFastCGI"], swiftSettings: house),
    .target(name: "RandomForest", swiftSettings: house),
    .target(
      name: "ForestONNX",
      dependencies: [
        "RandomForest", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["onnx.proto"], swiftSettings: house),
    .target(
      name: "DrugClassifier",
      dependencies: [
        "RandomForest", "CCairo", "CCrypto", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: house),
    .target(
      name: "DrugService",
      dependencies: [
        "CLinux", "CSpawn", "DrugClassifier", "FastCGI", "RandomForest",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house),
    .target(
      name: "drug-responder",
      dependencies: [
        "DrugService", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: house),
    .target(
      name: "drugctl",
      dependencies: [
        "DrugClassifier", "ForestONNX", "RandomForest",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: house),
    .executableTarget(
      name: "drug-programs", dependencies: ["drug-responder", "drugctl"], swiftSettings: house),
    .target(
      name: "TestSupport", dependencies: ["DrugClassifier", "RandomForest"],
      path: "Tests/TestSupport", exclude: ["bad-requests.json", "make-bad-requests.py"],
      swiftSettings: house),
    // Predicts rows that no patient may have, for the tests of files of other programs.
    .executableTarget(
      name: "forest-rows", dependencies: ["RandomForest"], path: "Tests/ForestRows",
      swiftSettings: house),
    .testTarget(
      name: "FastCGITests", dependencies: ["FastCGI", "TestSupport"], swiftSettings: house),
    .testTarget(
      name: "RandomForestTests", dependencies: ["RandomForest", "TestSupport"],
      exclude: ["Golden"], swiftSettings: house),
    .testTarget(
      name: "ForestONNXTests",
      dependencies: [
        "ForestONNX", "RandomForest", "TestSupport",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ], swiftSettings: house),
    .testTarget(
      name: "DrugClassifierTests",
      dependencies: [
        "CCairo", "DrugClassifier", "RandomForest", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["Golden"], swiftSettings: house),
    .testTarget(
      name: "DrugServiceTests",
      dependencies: [
        "DrugService", "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house),
    .testTarget(
      name: "drugctlTests", dependencies: ["drugctl", "TestSupport"], swiftSettings: house),
    .testTarget(
      name: "drug-responderTests",
      dependencies: [
        "drug-responder", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: house),
  ]
)
