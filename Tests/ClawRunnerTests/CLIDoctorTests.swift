import Fields
import Foundation
import Testing

@Suite("clawrunner doctor", .serialized, .timeLimit(.minutes(3)))
struct CLIDoctorTests {
    private func doctor(below wrapper: [String] = [], _ arguments: String...) async throws -> CLIProcess.Output {
        var cli = try CLIProcess()
        defer { cli.remove() }
        if !wrapper.isEmpty {
            cli.wrapper = [CLIProcess.executable.deletingLastPathComponent().path + "/SandboxProbe"] + wrapper
        }
        return try await cli.run(["doctor"] + arguments)
    }

    private func state(_ layer: String, _ output: CLIProcess.Output) -> JSONValue? {
        output.json?["layers"]?.array?.first { $0["name"]?.string == layer }
    }

    @Test("names every layer, for people and as JSON, and its exit status tells the worst of them")
    func layers() async throws {
        let text = try await doctor()
        let json = try await doctor("--json")
        let layers = json.json?["layers"]?.array ?? []
        #expect(layers.count > 5)
        for layer in layers { #expect(text.standardOutput.contains(layer["name"]?.string ?? "?")) }
        let weaker = layers.contains { $0["state"]?.string != "on" }
        let stopped = json.json?["profiles"]?.array?.contains { $0["canRun"]?.bool != true } ?? true
        #expect(text.status == (stopped ? 3 : weaker ? 1 : 0))
        #expect(text.status == json.status)
        #expect(json.json?["usable"]?.bool == true)
        #expect(json.json?["interpreters"]?.array?.compactMap { $0["name"]?.string } == ["python3", "node"])
        let scanners = json.json?["scanners"]?.array ?? []
        #expect(scanners.compactMap { $0["name"]?.string } == ["bandit", "clamav"])
        for scanner in scanners { #expect(["works", "missing", "fails"].contains(scanner["state"]?.string)) }
    }

    @Test("says which calls a container's filter must allow, and that the rest works when that is permitted")
    func noLandlock() async throws {
        let filter = ["under-filter", "444", "38"]
        let refused = try await doctor(below: filter, "--json")
        #expect(refused.status == 3, "\(refused.standardError)")
        #expect(state("landlock", refused)?["state"]?.string == "missing")
        #expect(state("landlock", refused)?["fix"]?.string?.contains("landlock_create_ruleset") == true)
        let permitted = try await doctor(below: filter, "--json", "--permit", "landlock")
        #expect(permitted.status == 1, "\(permitted.standardError)")
    }

    @Test("calls a host without names for refusals weaker, not unusable")
    func notifier() async throws {
        let output = try await doctor(below: ["under-notifier"], "--json")
        #expect(output.status == 1, "\(output.standardError)")
        #expect(state("seccomp", output)?["state"]?.string == "degraded")
    }

    @Test("says so when no sandbox can be built at all, with the reason and the fix")
    func unusable() async throws {
        let hidden = ["under-filter", "435", "38"]
        let text = try await doctor(below: hidden)
        #expect(text.status == 3)
        #expect(text.standardOutput.contains("No sandbox can be built here."))
        #expect(text.standardOutput.contains("clone3"))
        #expect(text.standardOutput.contains("seccomp=unconfined"))
        let json = try await doctor(below: hidden, "--json")
        #expect(json.json?["usable"]?.bool == false)
    }
}
