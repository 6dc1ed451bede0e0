import Fields
import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

/// A host that lacks something, made by starting the launcher below what takes it away.
struct SimulatedHost: Sendable, CustomTestStringConvertible {
    let what: String
    /// Shell words that execute `$LAUNCHER "$@"` in the end; `$PROBE` and `$FILES` (a directory) are there, too.
    let script: String
    /// What must be there for it.
    var tools: [String] = []
    /// Layers that are weaker or missing here, beside those of the machine itself.
    var missing: [Layer] = []
    var degraded: [Layer] = []
    /// May be on or not, depending on the machine.
    var uncertain: [Layer] = []
    /// Each in the detail of one of these layers.
    var details: [String] = []

    var testDescription: String { what }
}

@Suite("A host", .serialized, .timeLimit(.minutes(5)))
struct HostTests {
    static let id = 54321
    static let hosts: [SimulatedHost] = [
        SimulatedHost(
            what: "without user namespaces",
            script: #"""
                exec unshare -U -r -m sh -c 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"' sh "$LAUNCHER" "$@"
                """#, missing: [.userNamespace], uncertain: [.identity, .memory, .pids, .cpu, .proc],
            details: ["No space left on device"]),
        SimulatedHost(
            what: "without network namespaces",
            script: #"""
                exec unshare -U -r -m sh -c 'echo 0 > /proc/sys/user/max_net_namespaces; exec "$@"' sh "$LAUNCHER" "$@"
                """#, missing: [.networkNamespace], uncertain: [.identity, .memory, .pids, .cpu, .proc],
            details: ["No space left on device"]),
        SimulatedHost(
            what: "without Landlock", script: #"exec "$PROBE" under-filter 444 38 "$LAUNCHER" "$@""#,
            missing: [.landlock], details: ["Function not implemented"]),
        SimulatedHost(
            what: "with Landlock switched off at boot", script: #"exec "$PROBE" under-filter 444 95 "$LAUNCHER" "$@""#,
            missing: [.landlock], details: ["Operation not supported"]),
        SimulatedHost(
            what: "below somebody's seccomp notifier", script: #"exec "$PROBE" under-notifier "$LAUNCHER" "$@""#,
            degraded: [.seccomp], details: ["no names"]),
        SimulatedHost(
            what: "without cgroups",
            script: #"exec unshare -m sh -c 'umount -l /sys/fs/cgroup; exec "$@"' sh "$LAUNCHER" "$@""#,
            missing: [.memory, .pids, .cpu], details: ["no cgroup tree"]),
        SimulatedHost(
            what: "with cgroups that cannot be written",
            script: #"""
                exec unshare -m sh -c 'grep -E " cgroup2? " /proc/self/mounts | while read -r _ path _; do
                mount -o remount,bind,ro "$path"; done; exec "$@"' sh "$LAUNCHER" "$@"
                """#, missing: [.memory, .pids, .cpu], details: ["Read-only file system"]),
        SimulatedHost(
            what: "with parts of /proc covered",
            script: #"exec unshare -m sh -c 'mount -t tmpfs none /proc/fs; exec "$@"' sh "$LAUNCHER" "$@""#,
            missing: [.proc], details: ["Operation not permitted"]),
        SimulatedHost(
            what: "whose root may not mount",
            script: #"exec /usr/bin/setpriv --bounding-set -sys_admin --inh-caps -all "$LAUNCHER" "$@""#,
            tools: ["setpriv"], degraded: [.identity], uncertain: [.memory, .pids, .cpu]),
        SimulatedHost(
            what: "without root and without subordinate ids",
            script: unprivileged(subordinate: ""), tools: ["setpriv"], missing: [.memory, .pids, .cpu],
            degraded: [.identity], details: ["/etc/subuid"]),
        SimulatedHost(
            what: "without root, with subordinate ids",
            script: unprivileged(subordinate: "tester:700000:65536"), tools: ["setpriv", "newuidmap"],
            missing: [.memory, .pids, .cpu]),
        SimulatedHost(
            what: "in a container of bubblewrap",
            script: #"""
                exec bwrap --ro-bind / / --dev /dev --proc /proc --unshare-user --unshare-pid --uid 1000 --gid 1000 \
                "$LAUNCHER" "$@"
                """#, tools: ["bwrap"], missing: [.memory, .pids, .cpu], degraded: [.identity], uncertain: [.proc]),
    ]

    /// An ordinary user whose accounts are seen by nobody else.
    private static func unprivileged(subordinate: String) -> String {
        """
        echo 'tester:x:\(id):\(id)::/tmp:/bin/sh' > "$FILES/passwd"
        echo '\(subordinate)' > "$FILES/subuid"
        for file in passwd subuid subgid; do [ -e "/etc/$file" ] || exit 77; done
        exec unshare -m sh -c '
        for file in passwd:passwd subuid:subuid subuid:subgid; do
        mount --bind "$FILES/${file%:*}" "/etc/${file#*:}"; done
        exec "$@"' sh /usr/bin/setpriv --reuid \(id) --regid \(id) --clear-groups --inh-caps -all "$LAUNCHER" "$@"
        """
    }

    @Test("is reported as it is, and runs what needs no more than it has", arguments: hosts)
    func simulated(_ simulated: SimulatedHost) async throws {
        guard geteuid() == 0 else { return Harness.skip("a host \(simulated.what) is made by root only") }
        guard simulated.tools.allSatisfy(Harness.has) else { return }
        let report = try await start(simulated)
        let own = Dictionary(uniqueKeysWithValues: Harness.host.hostReport.layers.map { ($0.name, $0.state) })
        let certain = simulated.missing + simulated.degraded
        for layer in report.layers {
            guard let known = Layer(name: layer.name), !simulated.uncertain.contains(known) else { continue }
            let expected: HostReport.State? =
                simulated.missing.contains(known)
                ? .missing : simulated.degraded.contains(known) ? .degraded : own[layer.name]
            #expect(layer.state == expected, "\(layer.name): \(layer.detail)")
            #expect((layer.fix != nil) == (layer.state != .on), "\(layer.name)")
        }
        let details = report.layers.filter { layer in certain.contains { $0.name == layer.name } }.map(\.detail)
        for detail in simulated.details {
            #expect(details.contains { $0.contains(detail) }, "\(detail) in \(details)")
        }
    }

    /// Starts a host twice: to see what it says, and to run with what it said is missing.
    private func start(_ simulated: SimulatedHost) async throws -> HostReport {
        let files = NSTemporaryDirectory() + "clawrunner-host-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: files) }
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: files)
        let wrapper = files + "/launcher"
        let script = """
            #!/bin/sh
            export PATH=/usr/sbin:/usr/bin:/sbin:/bin FILES='\(files)'
            LAUNCHER='\(Harness.products)/claw-launcher' PROBE='\(Harness.products)/SandboxProbe'
            \(simulated.script)
            """
        try Data(script.utf8).write(to: URL(fileURLWithPath: wrapper))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: wrapper)
        let first = try SandboxHost(launcherPath: wrapper, options: .init(cgroupName: "clawrunner-hosts"))
        let report = first.hostReport
        await first.shutdown()
        let missing = Set(report.layers.filter { $0.state == .missing }.map(\.name))
        let host = try SandboxHost(
            launcherPath: wrapper, options: .init(cgroupName: "clawrunner-hosts", permitDegraded: missing))
        let outcome = await host.run(
            RunRequest(profile: try Harness.profile(), arguments: ["/bin/sh", "-c", "echo runs"]))
        #expect(outcome.text == "runs", "\(outcome.summary)")
        for name in missing { #expect(outcome.report.json["layers"]?[name]?.string == "off") }
        let named = !report.layers.contains { $0.name == "seccomp" && $0.state == .degraded }
        #expect(outcome.report.json["denialsNamed"]?.bool == named)
        await host.shutdown()
        return report
    }

    @Test("that hides clone3 says that nothing can be built, and why; runs say the same")
    func noClone() async throws {
        let wrapper = try Harness.skill + "/no-clone3"
        let script =
            "#!/bin/sh\nexec \(Harness.products)/SandboxProbe under-filter 435 38 "
            + "\(Harness.products)/claw-launcher \"$@\"\n"
        try Data(script.utf8).write(to: URL(fileURLWithPath: wrapper))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: wrapper)
        defer { try? FileManager.default.removeItem(atPath: wrapper) }
        let host = try SandboxHost(launcherPath: wrapper, options: .init(cgroupName: "clawrunner-hosts"))
        #expect(host.hostReport.obstacle?.detail.contains("clone3") == true)
        #expect(host.hostReport.layers.allSatisfy { $0.state == .missing })
        #expect(!host.hostReport.kernel.isEmpty)
        let outcome = try await Harness.probe("uid", host: host)
        #expect(outcome.verdict.kind == .launchFailed, "\(outcome.summary)")
        #expect(outcome.verdict.detail.contains("No sandbox can be built"), "\(outcome.summary)")
        await host.shutdown()
    }
}

@Suite("The fix of a layer")
struct HostFixTests {
    private func fix(
        _ layer: Layer, errno: Int32 = EPERM, rootless: Bool = true, version: UInt8 = 2,
        _ change: (inout HostFacts) -> Void = { _ in }
    ) -> String {
        var facts = HostFacts()
        facts.uid = rootless ? 1000 : 0
        facts.cgroupMounts = [("/sys/fs/cgroup", false)]
        change(&facts)
        return HostFix(facts: facts, rootless: rootless, cgroupVersion: version)
            .text(Hello.Probe(layer: layer, errno: errno, stage: .clone, detail: ""))
    }

    @Test("names the setting that is wrong on this host")
    func settings() {
        #expect(fix(.userNamespace) { $0.namespacesMax["user"] = 0 }.contains("user.max_user_namespaces"))
        #expect(fix(.networkNamespace) { $0.namespacesMax["net"] = 0 }.contains("user.max_net_namespaces"))
        #expect(fix(.userNamespace) { $0.unprivilegedNamespaces = 0 }.contains("unprivileged_userns_clone=1"))
        #expect(fix(.userNamespace) { $0.appArmorRestriction = 1 }.contains("apparmor_restrict_unprivileged_userns"))
        #expect(fix(.root) { $0.appArmorRestriction = 1 }.contains("apparmor_restrict_unprivileged_userns"))
        #expect(!fix(.root, rootless: false) { $0.appArmorRestriction = 1 }.contains("apparmor"))
        #expect(fix(.userNamespace) { $0.filtered = true }.contains("--security-opt seccomp=unconfined"))
        #expect(fix(.landlock, errno: ENOSYS) { $0.filtered = true }.contains("landlock_create_ruleset"))
        #expect(fix(.landlock, errno: ENOSYS).contains("CONFIG_SECURITY_LANDLOCK"))
        #expect(fix(.landlock, errno: EOPNOTSUPP).contains("lsm="))
        #expect(fix(.landlock, errno: 0).contains("6.12"))
        #expect(fix(.proc) { $0.procCovers = ["/proc/kcore"] }.contains("/proc/kcore"))
        #expect(fix(.identity, errno: 0).contains("--add-subuids"))
        #expect(fix(.identity, errno: 0) { $0.noNewPrivileges = true }.contains("NoNewPrivileges=no"))
    }

    @Test("of cgroup limits fits the version, the user and the way they are mounted")
    func cgroups() {
        #expect(fix(.memory) { $0.cgroupMounts = [] }.contains("mount -t cgroup2"))
        #expect(fix(.memory) { $0.cgroupMounts = [("/sys/fs/cgroup", true)] }.contains("remount,rw"))
        #expect(fix(.memory).contains("systemd-run --user"))
        #expect(fix(.memory).contains("chown 1000"))
        #expect(fix(.memory, rootless: false).contains("Delegate="))
        #expect(fix(.cpu, version: 1).contains("cpuacct"))
    }

    @Test("rests on what /proc says")
    func facts() {
        var facts = HostFacts()
        facts.read(status: "Name:\tx\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n")
        #expect(facts.filtered && facts.noNewPrivileges)
        facts.read(
            mountinfo: """
                22 1 0:20 / /proc rw,nosuid - proc proc rw
                23 22 0:21 /null /proc/kcore rw,nosuid - tmpfs tmpfs rw
                30 1 0:26 / /sys/fs/cgroup ro,nosuid shared:9 - cgroup2 cgroup2 rw
                short line
                """)
        #expect(facts.procCovers == ["/proc/kcore"])
        #expect(facts.cgroupMounts.count == 1 && facts.cgroupMounts[0].readOnly)
    }
}
