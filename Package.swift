// swift-tools-version: 6.2
import Foundation
import PackageDescription

// CI sets CLAWRUNNER_WERROR=1; a stranger's newer compiler with a new warning still builds.
let warningsAsErrors = ProcessInfo.processInfo.environment["CLAWRUNNER_WERROR"] == "1"

let common: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + (warningsAsErrors ? [.treatAllWarnings(as: .error)] : [])

/// Targets that call C directly say so at every unsafe expression.
let systems: [SwiftSetting] = common + [.strictMemorySafety()]

// The launcher forks; a static executable keeps what a fork copies (and what a privileged process maps) small.
// Only executables have unsafe flags, so that a host can depend on the library products.
let staticExecutable: [SwiftSetting] = [.unsafeFlags(["-static-executable"])]
let staticLink: [LinkerSetting] = [.unsafeFlags(["-static-executable"])]

// Swift's static libraries ask for an executable that lends its functions to others. Nobody borrows from this one, and it
// would keep a name for each of them, and what nothing calls.
let leanLink: [LinkerSetting] = [
    .unsafeFlags(["-use-ld=lld", "-Xlinker", "--no-export-dynamic"], .when(platforms: [.linux]))
]

let package = Package(
    name: "clawrunner",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Sandbox", targets: ["Sandbox"]),
        .library(name: "ExecutionNode", targets: ["ExecutionNode", "Storage"]),
        .executable(name: "clawrunner", targets: ["ClawRunner"]),
        .executable(name: "claw-launcher", targets: ["SandboxLauncher"]),
        .executable(name: "claw-bench", targets: ["ClawBench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.10.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.10.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.100.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.30.0"),
        .package(url: "https://github.com/apple/swift-http-structured-headers", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // One strict reader for every structured text from outside: JSON bodies, skill.toml, profiles, configuration.
        .target(
            name: "Fields", swiftSettings: common),

        // MARK: Isolation
        .target(name: "CLinux", path: "Sources/CLinux"),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CCap", providers: [.apt(["libcap-dev"])]),
        .target(name: "SandboxProtocol", dependencies: ["CLinux"], swiftSettings: systems),
        .executableTarget(
            name: "SandboxLauncher", dependencies: ["SandboxProtocol", "CLinux", "CCap"],
            swiftSettings: systems + staticExecutable, linkerSettings: staticLink),
        .target(
            name: "Sandbox",
            dependencies: [
                "Fields", "SandboxProtocol", "CLinux", "CSeccomp", "CCap",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: systems),

        // MARK: Market and money
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "MarketCore",
            dependencies: [
                "Fields", "CZlib", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: common),
        .target(
            name: "LicenseCheck",
            dependencies: [
                "Fields", "MarketCore", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "RawStructuredFieldValues", package: "swift-http-structured-headers"),
            ],
            swiftSettings: common),
        .target(
            name: "Metering",
            dependencies: ["Fields", "MarketCore", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: common),
        .target(
            name: "Storage",
            dependencies: [
                "CLinux", "Fields", "MarketCore", "LicenseCheck", "Metering",
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: common),

        // MARK: The proxy path and its front
        .target(
            name: "ExecutionNode",
            dependencies: [
                "CLinux", "Fields", "Sandbox", "MarketCore", "LicenseCheck", "Metering",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: common),
        .executableTarget(
            name: "ClawRunner",
            dependencies: [
                "ExecutionNode", "Storage", "Sandbox", "MarketCore", "LicenseCheck", "Metering", "Fields", "CLinux",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: common, linkerSettings: leanLink),

        // A host that embeds the node; built and run by the tests.
        .executableTarget(
            name: "EmbeddedNode",
            dependencies: ["ExecutionNode", "Storage", "Sandbox", "MarketCore", "Metering", "LicenseCheck", "Fields"],
            path: "Examples/EmbeddedNode", swiftSettings: common),

        // Measures a whole execute request beside other sandboxes (`make bench`): of a daemon that it starts. The store's
        // and a waiting sandbox's own part are measured in its own process.
        .executableTarget(
            name: "ClawBench",
            dependencies: [
                "Fields", "MarketCore", "CLinux", "Sandbox", "Storage", "Metering", "LicenseCheck",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "GRDB", package: "GRDB.swift"),
            ],
            path: "Benchmarks/ClawBench", swiftSettings: common),

        // MARK: Tests
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: common),
        .testTarget(name: "ClawBenchTests", dependencies: ["ClawBench"], swiftSettings: common),
        .testTarget(name: "FieldsTests", dependencies: ["Fields"], swiftSettings: common),
        .executableTarget(
            name: "SandboxProbe", path: "Tests/SandboxProbe", linkerSettings: staticLink),
        .testTarget(
            name: "SandboxTests", dependencies: ["TestSupport", "Sandbox", "SandboxProtocol", "Fields", "CLinux"],
            swiftSettings: common),
        .testTarget(
            name: "MarketCoreTests", dependencies: ["TestSupport", "MarketCore", "Fields"], swiftSettings: common),
        .testTarget(
            name: "LicenseCheckTests",
            dependencies: [
                "TestSupport", "LicenseCheck", "MarketCore", "Fields",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "RawStructuredFieldValues", package: "swift-http-structured-headers"),
            ],
            swiftSettings: common),
        .testTarget(
            name: "MeteringTests",
            dependencies: [
                "TestSupport", "Metering", "MarketCore", "Fields", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: common),
        .testTarget(
            name: "StorageTests",
            dependencies: [
                "TestSupport",
                "Storage", "Metering", "LicenseCheck", "MarketCore", "Fields",
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: common),
        // A node with a runner of known verdicts, for the tests of what is around the sandbox.
        .target(
            name: "NodeTestSupport",
            dependencies: ["ExecutionNode", "Storage", "Sandbox", "MarketCore", "LicenseCheck", "Metering", "Fields"],
            path: "Tests/NodeTestSupport", swiftSettings: common),
        .testTarget(
            name: "ExecutionNodeTests",
            dependencies: [
                "NodeTestSupport", "TestSupport",
                "ExecutionNode", "Storage", "Sandbox", "MarketCore", "LicenseCheck", "Metering", "Fields",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: common),
        .testTarget(
            name: "ClawRunnerTests",
            dependencies: [
                "TestSupport",
                "ClawRunner", "EmbeddedNode", "NodeTestSupport", "ExecutionNode", "Storage", "Sandbox", "MarketCore",
                "LicenseCheck",
                "Metering", "Fields", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: common),
    ],
    swiftLanguageModes: [.v6]
)
