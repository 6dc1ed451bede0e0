import Fields
import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

/// The built products, one host for all tests, and short ways to run the probe.
enum Harness {
    /// The folder that holds the probe and the launcher: where the test bundle itself lies.
    static let products: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let nextToBundle = URL(fileURLWithPath: bundle).deletingLastPathComponent().path
        if FileManager.default.fileExists(atPath: nextToBundle + "/SandboxProbe") { return nextToBundle }
        return package + "/.build/debug"
    }()

    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// How far every sandbox of these tests is made before its run comes: `sealed`, `interpreter` or `program`. Nil: as
    /// it happens, or not at all. `make test` runs the conformance tests with each of them.
    static let start = ProcessInfo.processInfo.environment["CLAWRUNNER_TEST_START"]

    static let host: SandboxHost = make()

    static func make(_ options: SandboxOptions = .init(cgroupName: "clawrunner-tests")) -> SandboxHost {
        var options = options
        options.layersOptional = true
        if start != nil {
            options.awaitsParked = true
            // Nearly every test has a kind of its own.
            options.parking = ParkingOptions(countMax: 1024, memoryBytesMax: 64 << 30, idleSecondsMax: 5)
        }
        // The probe, in the place of an interpreter.
        if start == "interpreter" { options.runtimesDirectory = try? skill }
        do {
            return try SandboxHost(launcherPath: products + "/claw-launcher", options: options)
        } catch {
            preconditionFailure("no sandbox host: \(error)")
        }
    }

    static let profiles: ProfileStore = {
        do { return try ProfileStore(directory: package + "/profiles") } catch { preconditionFailure("\(error)") }
    }()

    static func profile(_ name: String = "default") throws -> Profile {
        try #require(profiles.profile(named: name))
    }

    /// Runs the probe, from a folder that holds only it.
    static func probe(
        _ arguments: String..., profile: String = "default", without: [Layer] = [], input: [UInt8] = [],
        environment: [String: String] = [:], host: SandboxHost = host, limits: (inout Limits) -> Void = { _ in }
    ) async throws -> RunOutcome {
        let profile = try Self.profile(profile)
        var changed = profile.limits
        limits(&changed)
        var request = RunRequest(
            profile: profile, limits: changed, skillDirectory: try skill, arguments: ["probe"] + arguments,
            environment: environment, standardInput: input)
        request.withoutLayers = LayerSet(without)
        if without.contains(.root) { request.arguments[0] = try skill + "/probe" }
        return await run(request, on: host)
    }

    /// Runs a request of the probe, from a sandbox that waits for it if ``start`` says so.
    static func run(_ request: RunRequest, on host: SandboxHost = host) async -> RunOutcome {
        var request = request
        // The observer's questions and listeners come before a program.
        let isProbe = request.arguments[0] == "probe"
        let waits = request.withoutLayers.isEmpty && request.destinations.isEmpty && !request.observes
        guard let start, waits, request.limits.areWithin(request.profile.limits) else { return await host.run(request) }
        if start == "program", isProbe {
            request.arguments.insert("await", at: 1)
            request.startsAhead = true
        }
        if start == "interpreter", isProbe { request.interpreter = ["/runtime/probe", "interpret"] }
        let outcome = await host.run(request)
        if let waited = outcome.report.json["start"]?["waiting"]?.string, isProbe || start == "sealed" {
            #expect(waited == start, "\(request.arguments): \(outcome.summary)")
        }
        return outcome
    }

    /// A directory with the probe as `probe` and a file of another mode.
    static var skill: String {
        get throws { try skillDirectory.get() }
    }

    private static let skillDirectory = Result {
        let directory = NSTemporaryDirectory() + "clawrunner-probe-\(getpid())"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory)
        try? FileManager.default.removeItem(atPath: directory + "/probe")
        try FileManager.default.copyItem(atPath: products + "/SandboxProbe", toPath: directory + "/probe")
        atexit_b(directory)
        return directory
    }

    private static func atexit_b(_ directory: String) {
        leftovers = directory
        atexit { try? FileManager.default.removeItem(atPath: Harness.leftovers) }
    }

    nonisolated(unsafe) private static var leftovers = ""
}

extension RunOutcome {
    /// Standard output without its last line break.
    var text: String { String(decoding: standardOutput, as: UTF8.self).trimmingCharacters(in: .newlines) }
    var errorText: String { String(decoding: standardError, as: UTF8.self) }
    /// For the message of a failed expectation.
    var summary: String {
        "\(verdict.kind): \(verdict.detail) stdout=\(text.prefix(200)) stderr=\(errorText.prefix(300))"
    }
}
