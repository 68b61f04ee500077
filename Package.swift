// swift-tools-version: 6.2
import PackageDescription

let house: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
  name: "drug-classifier",
  platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
  products: [
    .library(name: "RandomForest", targets: ["RandomForest"]),
    .library(name: "ForestONNX", targets: ["ForestONNX"]),
    .library(name: "Patients", targets: ["Patients"]),
    // One program under two names: docs/decisions/image.md.
    .executable(name: "drugctl", targets: ["drug-programs"]),
    .executable(name: "drug-responder", targets: ["drug-programs"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0", traits: []),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
  ],
  // From the ground up: a target depends on those above it alone. docs/architecture.md has the picture.
  targets: [
    .systemLibrary(name: "CFastCGI", pkgConfig: "fcgi", providers: [.apt(["libfcgi-dev"])]),
    .systemLibrary(name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"])]),
    // Its declarations alone: the library is loaded by who keeps a log in a database.
    .systemLibrary(name: "CPostgreSQL", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CCrypt", providers: [.apt(["libcrypt-dev"])]),
    .target(name: "POSIX", swiftSettings: house),
    .target(name: "Linux", dependencies: ["CLinux", "POSIX"], swiftSettings: house),
    .target(
      name: "FastCGI", dependencies: ["CFastCGI", "Linux", "POSIX"], swiftSettings: house),
    .target(name: "Tracing", dependencies: ["Linux", "POSIX"], swiftSettings: house),
    .target(name: "RandomForest", dependencies: ["POSIX"], swiftSettings: house),
    .target(
      name: "ForestONNX",
      dependencies: [
        "POSIX", "RandomForest", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["onnx.proto"], swiftSettings: house),
    .target(
      name: "Patients", dependencies: ["CCrypto", "POSIX", "RandomForest"],
      // A link to the one in data: what every installation knows without a file.
      resources: [.embedInCode("datapackage.json")], swiftSettings: house),
    .target(
      name: "Accounts", dependencies: ["CCrypt", "POSIX", "Patients"], swiftSettings: house),
    .target(
      name: "Models", dependencies: ["CCairo", "POSIX", "Patients", "RandomForest"],
      swiftSettings: house),
    .target(
      name: "Records",
      dependencies: [
        "CPostgreSQL", "Linux", "POSIX", "Patients", "RandomForest",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: house),
    .target(
      name: "DrugService",
      dependencies: [
        "Accounts", "FastCGI", "Linux", "Models", "POSIX", "Patients", "RandomForest", "Records",
        "Tracing", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house),
    .target(
      name: "drug-responder",
      dependencies: [
        "DrugService", "FastCGI", "Linux", "POSIX", "Records",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house),
    .target(
      name: "drugctl",
      dependencies: [
        "Accounts", "ForestONNX", "Models", "POSIX", "Patients", "RandomForest", "Records",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: house),
    .executableTarget(
      name: "drug-programs",
      dependencies: [
        "drug-responder", "drugctl",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: house),
    .target(
      name: "TestSupport", dependencies: ["Models", "POSIX", "Patients", "RandomForest"],
      path: "Tests/TestSupport", exclude: ["bad-requests.json", "make-bad-requests.py"],
      swiftSettings: house),
    // Forests of rows that no patient may have, for the tests of files of other programs.
    .executableTarget(
      name: "forest-rows", dependencies: ["ForestONNX", "POSIX", "RandomForest"],
      path: "Tests/ForestRows", swiftSettings: house),
    .testTarget(
      name: "POSIXTests", dependencies: ["POSIX", "TestSupport"], swiftSettings: house),
    .testTarget(
      name: "LinuxTests", dependencies: ["Linux", "POSIX", "TestSupport"], swiftSettings: house),
    .testTarget(
      name: "FastCGITests", dependencies: ["FastCGI", "POSIX", "TestSupport"],
      swiftSettings: house),
    .testTarget(
      name: "TracingTests", dependencies: ["POSIX", "TestSupport", "Tracing"],
      swiftSettings: house),
    .testTarget(
      name: "RandomForestTests", dependencies: ["POSIX", "RandomForest", "TestSupport"],
      exclude: ["Golden"], swiftSettings: house),
    .testTarget(
      name: "ForestONNXTests",
      dependencies: [
        "ForestONNX", "RandomForest", "TestSupport",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ], swiftSettings: house),
    .testTarget(
      name: "PatientsTests", dependencies: ["Patients", "POSIX", "RandomForest", "TestSupport"],
      swiftSettings: house),
    .testTarget(
      name: "AccountsTests", dependencies: ["Accounts", "POSIX", "TestSupport"],
      swiftSettings: house),
    .testTarget(
      name: "ModelsTests",
      dependencies: ["CCairo", "Models", "POSIX", "Patients", "RandomForest", "TestSupport"],
      exclude: ["Golden"], swiftSettings: house),
    .testTarget(
      name: "RecordsTests",
      dependencies: [
        "POSIX", "Patients", "RandomForest", "Records", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: house),
    .testTarget(
      name: "DrugServiceTests",
      dependencies: [
        "Accounts", "DrugService", "FastCGI", "Models", "POSIX", "Patients", "RandomForest",
        "Records", "TestSupport", "Tracing", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house),
    .testTarget(
      name: "drugctlTests",
      dependencies: [
        "Accounts", "Models", "POSIX", "Patients", "RandomForest", "Records", "drugctl",
        "TestSupport",
      ],
      swiftSettings: house),
    .testTarget(
      name: "drug-responderTests",
      dependencies: [
        "drug-responder", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: house),
  ]
)
