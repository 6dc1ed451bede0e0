import Fields
import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

/// One layer's proof: what a program inside sees with the layer, and that the same proof fails without it.
struct LayerProof: Sendable, CustomTestStringConvertible {
    let layer: Layer
    let promise: String
    /// Arguments of the probe, or a program of the host.
    let probe: [String]
    /// Layers that would give the same answer, left out in both runs, so that this one alone is shown.
    var apart: [Layer] = []
    /// The first Landlock that can do it.
    var landlockABI = 0
    /// What tells two proofs of one layer apart.
    var aspect = ""
    let holds: @Sendable (RunOutcome) -> Bool

    /// Of the promise in docs/threat-model.md.
    var id: String { "layers.\(layer.name)\(aspect)" }
    var testDescription: String { "\(id): \(promise)" }

    static func prints(_ text: String) -> @Sendable (RunOutcome) -> Bool {
        { $0.verdict.kind == .ok && $0.text == text }
    }
}

@Suite("Each layer", .serialized, .timeLimit(.minutes(5)))
struct LayerTests {
    static let hostFile = NSTemporaryDirectory() + "clawrunner-host-file-\(getpid())"
    static let socketName = "clawrunner-tests-\(getpid())"
    /// IPC_RMID.
    static let remove: Int32 = 0
    static let key = 0x0c1a_0000 + Int(getpid())

    static let proofs: [LayerProof] = [
        LayerProof(
            layer: .userNamespace, promise: "maps two ids of the host and no more",
            probe: ["read", "/proc/self/uid_map"],
            holds: {
                let lines = $0.text.split(separator: "\n")
                return lines.count == 2 && lines.allSatisfy { $0.hasSuffix(" 1") }
            }),
        LayerProof(
            layer: .pidNamespace, promise: "numbers processes anew; the program is 2",
            probe: ["/bin/sh", "-c", "echo $$"],
            apart: [.proc], holds: LayerProof.prints("2")),
        LayerProof(
            layer: .ipcNamespace, promise: "hides the host's System V memory", probe: ["shm", "\(key)"],
            holds: LayerProof.prints("ENOENT")),
        LayerProof(
            layer: .utsNamespace, promise: "hides the host's name", probe: ["hostname"],
            holds: LayerProof.prints("sandbox")),
        LayerProof(
            layer: .networkNamespace, promise: "has abstract sockets of its own", probe: ["abstract", socketName],
            apart: [.landlock], holds: LayerProof.prints("ECONNREFUSED")),
        LayerProof(
            layer: .landlock, promise: "keeps abstract sockets of others away", probe: ["abstract", socketName],
            apart: [.networkNamespace], landlockABI: 6, aspect: ".sockets", holds: LayerProof.prints("EPERM")),
        LayerProof(
            layer: .cgroupNamespace, promise: "hides where in the host's cgroups it lies",
            probe: ["read", "/proc/self/cgroup"],
            holds: { $0.verdict.kind == .ok && !$0.text.contains("clawrunner") }),
        LayerProof(
            layer: .root, promise: "shows no file of the host but programs", probe: ["read", hostFile],
            apart: [.landlock], holds: LayerProof.prints("ENOENT")),
        LayerProof(
            layer: .proc, promise: "shows the program itself and no other process", probe: ["processes"],
            holds: LayerProof.prints("1")),
        LayerProof(
            layer: .seccomp, promise: "refuses a user namespace of the program's own", probe: ["unshare-user"],
            holds: LayerProof.prints("EPERM")),
        LayerProof(
            layer: .landlock, promise: "refuses what no rule names", probe: ["list", "/"],
            holds: LayerProof.prints("EACCES")),
        LayerProof(
            layer: .capabilities, promise: "empties the bounding set", probe: ["status", "CapBnd"],
            holds: LayerProof.prints("0000000000000000")),
        LayerProof(
            layer: .noNewPrivileges, promise: "lets no set-user-id program gain", probe: ["status", "NoNewPrivs"],
            apart: [.seccomp, .landlock], holds: LayerProof.prints("1")),
        LayerProof(
            layer: .identity, promise: "is an unprivileged user in no other group", probe: ["uid"],
            holds: LayerProof.prints("1000 1000 0")),
        LayerProof(
            layer: .rlimits, promise: "limits descriptors", probe: ["nofile"], holds: LayerProof.prints("1024")),
        LayerProof(
            layer: .memory, promise: "ends a program that wants too much memory", probe: ["eat", "600"],
            holds: { $0.verdict.kind == .memoryLimit }),
        LayerProof(
            layer: .pids, promise: "counts processes", probe: ["forks", "200"],
            holds: { $0.verdict.kind == .pidsLimit }),
        LayerProof(
            layer: .session, promise: "is a session without a terminal", probe: ["session"],
            holds: LayerProof.prints("1")),
        LayerProof(
            layer: .descriptors, promise: "leaves three descriptors open", probe: ["fds"],
            holds: LayerProof.prints("3")),
        LayerProof(
            layer: .signals, promise: "starts with default signals", probe: ["signals"],
            holds: LayerProof.prints("0")),
        LayerProof(
            layer: .coreDumps, promise: "writes no core and starts no core helper", probe: ["core"],
            holds: LayerProof.prints("1")),
    ]

    init() throws {
        try Data("secret of the host".utf8).write(to: URL(fileURLWithPath: Self.hostFile))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: Self.hostFile)
    }

    @Test("keeps its promise, and the proof fails when the layer is off", arguments: proofs)
    func proof(_ proof: LayerProof) async throws {
        defer { try? FileManager.default.removeItem(atPath: Self.hostFile) }
        guard Harness.host.hostReport.landlockABI >= proof.landlockABI else {
            return Harness.skip("\(proof.promise): Landlock ABI \(proof.landlockABI), kernel 6.12, is needed")
        }
        guard ![.userNamespace, .identity].contains(proof.layer) || Harness.ownIDs else { return }
        guard proof.layer != .networkNamespace || !Harness.host.hostReport.rootless else {
            return Harness.skip("without root the launcher itself has no host network, so the layer cannot be left out")
        }
        let listener = try AbstractListener(name: Self.socketName)
        defer { listener.close() }
        let segment = shmget(key_t(Self.key), 4096, 0o1000 | 0o666)
        defer { shmctl(segment, Self.remove, nil) }
        func run(_ without: [Layer]) async throws -> RunOutcome {
            let profile = try Harness.profile()
            var request = RunRequest(
                profile: profile, skillDirectory: try Harness.skill,
                arguments: proof.probe[0].hasPrefix("/") ? proof.probe : ["probe"] + proof.probe)
            request.withoutLayers = LayerSet(without)
            if without.contains(.root) { request.arguments[0] = try Harness.skill + "/probe" }
            return await Harness.run(request)
        }
        // An interpreter that is started ahead is held to the whole tree; see docs/threat-model.md.
        guard Harness.start != "interpreter" || proof.id != "layers.landlock" else { return }
        let with = try await run(proof.apart)
        #expect(proof.holds(with), "with the layer: \(with.summary)")
        let without = try await run(proof.apart + [proof.layer])
        #expect(without.verdict.kind != .launchFailed, "without it: \(without.summary)")
        #expect(!proof.holds(without), "the proof holds without the layer: \(without.summary)")
    }

    @Test("cpu: a share of the processor is not exceeded, and is when the layer is off", .promise("layers.cpu"))
    func cpuShare() async throws {
        func milliseconds(_ without: [Layer]) async throws -> Int {
            let outcome = try await Harness.probe("spin", "1500", without: without) { $0.cpuRatePercent = 5 }
            return try #require(Int(outcome.text), "\(outcome.summary)")
        }
        // Not a matter of milliseconds: a twentieth of a processor against what one gives.
        #expect(try await milliseconds([]) < 200)
        #expect(try await milliseconds([.cpu]) > 200)
    }

    @Test("environment: nothing of the daemon's variables is seen", .promise("layers.environment"))
    func environment() async throws {
        setenv("CLAWRUNNER_TEST_SECRET", "of-the-daemon", 1)
        defer { unsetenv("CLAWRUNNER_TEST_SECRET") }
        let outcome = try await Harness.probe("env", environment: ["GIVEN": "yes"])
        #expect(
            Set(outcome.text.split(separator: "\n")) == [
                "GIVEN=yes", "HOME=/tmp", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "TMPDIR=/tmp",
            ])
    }

    @Test(
        "the launcher refuses a sandbox without a mount namespace, which would rearrange its own tree",
        .promise("layers.mountNamespace"))
    func mountNamespace() async throws {
        let outcome = try await Harness.probe("uid", without: [.mountNamespace])
        #expect(outcome.verdict.kind == .launchFailed)
    }

    @Test(
        "is reported as on, or degraded where the host has less of it, for a run with all of them",
        .promise("layers.report"))
    func reported() async throws {
        let outcome = try await Harness.probe("uid")
        for layer in Harness.host.hostReport.layers {
            #expect(outcome.report.json["layers"]?[layer.name]?.string == layer.state.rawValue, "\(layer.name)")
        }
        let degraded = Set(Harness.host.hostReport.layers.filter { $0.state == .degraded }.map(\.name))
        #expect(degraded.contains("landlock") == (1..<6).contains(Harness.host.hostReport.landlockABI))
        #expect(degraded.subtracting(["landlock", "identity"]).isEmpty, "\(degraded)")
        let without = try await Harness.probe("uid", without: [.landlock])
        #expect(without.report.json["layers"]?["landlock"]?.string == "off")
    }
}
