import Fields
import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

@Suite("Profiles")
struct ProfileTests {
    /// A directory with the given files, removed with the value.
    final class Directory {
        let path = NSTemporaryDirectory() + "clawrunner-profiles-\(UUID().uuidString)"

        init(_ files: [String: String]) throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for (name, text) in files { try write(name, text) }
        }

        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    static let minimal = "description = \"x\"\n"

    @Test("that ship are all read, and default has the limits that the documents promise")
    func shipped() throws {
        let store = try ProfileStore(directory: Harness.package + "/profiles")
        #expect(store.names == ["default", "git", "native", "node", "python", "scanner", "strict"])
        #expect(try #require(store.profile(named: "default")).limits == .standard)
        #expect(store.profile(named: "python")?.runtime == "python")
        #expect(store.profile(named: "nobody") == nil)
    }

    @Test("of this repository require no layer that a 6.1 kernel lacks, and permit no degradation")
    func requirements() throws {
        for name in Harness.profiles.names {
            let profile = try #require(Harness.profiles.profile(named: name))
            #expect(profile.requires == .all)
            #expect(profile.permitDegraded == [])
        }
    }

    @Test("extend another: limits, variables and calls are taken over and changed one by one")
    func extends() throws {
        let directory = try Directory([
            "base.toml": Self.minimal + "[limits]\nwall = \"7s\"\npids = 9\n[env]\nA = \"1\"\nB = \"1\"\n",
            "child.toml": "extends = \"base\"\n" + Self.minimal
                + "[limits]\npids = 5\n[env]\nB = \"2\"\n[seccomp]\ndeny = [\"socket\"]\n",
        ])
        let store = try ProfileStore(directory: directory.path)
        let child = try #require(store.profile(named: "child"))
        #expect(child.limits.wallMilliseconds == 7000)
        #expect(child.limits.pidsMax == 5)
        #expect(child.environment["A"] == "1")
        #expect(child.environment["B"] == "2")
        #expect(!child.syscalls.allowed.contains("socket"))
        #expect(try #require(store.profile(named: "base")).syscalls.allowed.contains("socket"))
    }

    @Test(
        "with a mistake are refused, with file, line and key",
        arguments: [
            ("description = \"x\"\nlimit = 3\n", "limit", 2),
            ("description = \"x\"\n[limits]\nmemroy = \"1MiB\"\n", "limits.memroy", 3),
            ("description = \"x\"\n[limits]\nmemory = \"1MB\"\n", "limits.memory", 3),
            ("description = \"x\"\n[limits]\nmemory = 512\n", "limits.memory", 3),
            ("description = \"x\"\n[limits]\nwall = \"0s\"\n", "limits.wall", 3),
            ("description = \"x\"\n[limits]\npids = \"many\"\n", "limits.pids", 3),
            ("description = \"x\"\n[limits]\nwall = \"99999999999999999999s\"\n", "limits.wall", 3),
            ("description = \"x\"\nruntime = \"perl\"\n", "runtime", 2),
            ("description = \"x\"\nrequires = [\"seccmp\"]\n", "requires[0]", 2),
            ("description = \"x\"\n[env]\n\"1A\" = \"x\"\n", "env.1A", 3),
            ("description = \"x\"\n[seccomp]\ngroups = [\"@everything\"]\n", "seccomp.groups[0]", 3),
            ("description = \"x\"\n[seccomp]\nallow = [\"no_such_call\"]\n", "seccomp.allow[0]", 3),
            ("description = \"x\"\n[seccomp]\nallow = [\"clone3\"]\n", "seccomp.allow[0]", 3),
            ("description = \"x\"\n[seccomp]\ndeny = [\"execve\"]\n", "seccomp.deny[0]", 3),
            ("description = \"x\"\n[seccomp]\nerrno = \"EWHATEVER\"\n", "seccomp.errno", 3),
            ("runtime = \"exec\"\n", "description", nil),
            ("extends = \"nobody\"\ndescription = \"x\"\n", "", nil),
        ])
    func mistakes(_ text: String, _ key: String, _ line: Int?) throws {
        let directory = try Directory(["wrong.toml": text])
        let error = #expect(throws: FieldError.self) { try ProfileStore(directory: directory.path) }
        #expect(error?.path == key, "\(String(describing: error))")
        #expect(error?.file?.hasPrefix(directory.path) == true)
        if let line { #expect(error?.line == line, "\(String(describing: error))") }
    }

    @Test("suggest the key that was meant")
    func suggestion() throws {
        let directory = try Directory(["wrong.toml": Self.minimal + "[limits]\nmemroy = \"1MiB\"\n"])
        let error = #expect(throws: FieldError.self) { try ProfileStore(directory: directory.path) }
        #expect(error?.suggestion?.contains("memory") == true, "\(String(describing: error))")
    }

    @Test("that extend each other in a circle are refused")
    func circle() throws {
        let directory = try Directory([
            "a.toml": "extends = \"b\"\n" + Self.minimal, "b.toml": "extends = \"a\"\n" + Self.minimal,
        ])
        #expect(throws: FieldError.self) { try ProfileStore(directory: directory.path) }
    }

    @Test("are reloaded all or not at all")
    func reload() throws {
        let directory = try Directory(["a.toml": Self.minimal])
        let store = try ProfileStore(directory: directory.path)
        try directory.write("b.toml", Self.minimal)
        try store.reload()
        #expect(store.names == ["a", "b"])
        try directory.write("c.toml", "nonsense")
        #expect(throws: FieldError.self) { try store.reload() }
        #expect(store.names == ["a", "b"])
    }

    @Test("whose directory is missing say so")
    func noDirectory() {
        let error = #expect(throws: FieldError.self) { try ProfileStore(directory: "/nonexistent/profiles") }
        #expect(error?.description.contains("/nonexistent/profiles") == true)
    }
}

@Suite("A skill's own limits")
struct LoweredLimitsTests {
    @Test("lower the profile's")
    func lower() throws {
        let limits = try Limits.standard.lowered(by: ["wall": "2s", "memory": "64MiB", "pids": 3])
        #expect(limits.wallMilliseconds == 2000)
        #expect(limits.memoryBytes == 64 << 20)
        #expect(limits.pidsMax == 3)
        #expect(limits.cpuMilliseconds == Limits.standard.cpuMilliseconds)
    }

    @Test("may be equal, never more: the error names both values", arguments: ["wall", "memory"])
    func more(_ key: String) throws {
        let equal: [String: JSONValue] = ["wall": "30s", "memory": "512MiB"]
        #expect(try Limits.standard.lowered(by: equal) == .standard)
        let more: [String: JSONValue] = key == "wall" ? ["wall": "31s"] : ["memory": "1GiB"]
        let error = #expect(throws: FieldError.self) { try Limits.standard.lowered(by: more) }
        #expect(error?.message.contains(key == "wall" ? "31s" : "1GiB") == true)
        #expect(error?.message.contains(key == "wall" ? "30s" : "512MiB") == true)
    }

    @Test("are refused when they are none")
    func unknown() {
        #expect(throws: FieldError.self) { try Limits.standard.lowered(by: ["speed": "9"]) }
        #expect(throws: FieldError.self) { try Limits.standard.lowered(by: ["wall": 5]) }
    }
}
