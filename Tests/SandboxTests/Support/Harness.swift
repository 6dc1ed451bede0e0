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

    static let host: SandboxHost = make()

    static func make(_ options: SandboxOptions = .init(cgroupName: "clawrunner-tests")) -> SandboxHost {
        var options = options
        options.layersOptional = true
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
        return await host.run(request)
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
