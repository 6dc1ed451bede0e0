import CLinux
import Glibc
import SandboxProtocol

/// What a run needs and does not depend on it, made ahead while nothing else is to be done: an empty cgroup and a fresh
/// network namespace. Each serves one run.
final class Spares {
    private let cgroups: (any CgroupTree)?
    private let proc: Int32
    /// The worker's own network namespace, to come back to.
    private let home: Int32
    private var cgroup: (any Cgroup)?
    private var network: Int32 = -1
    private var sequence: UInt64 = 0
    /// The last try failed; it is not repeated in a loop, and a run finds out for itself.
    private var exhausted = false

    private static let limited = LayerSet([.memory, .pids, .cpu])

    init(cgroups: (any CgroupTree)?, proc: Int32) {
        self.cgroups = cgroups
        self.proc = proc
        home = unsafe openat(proc, "self/ns/net", O_RDONLY | O_CLOEXEC)
    }

    /// Something can be made ahead.
    var wanted: Bool {
        !exhausted && (cgroup == nil && cgroups?.missing.isEmpty == true || network < 0 && home >= 0)
    }

    /// Makes one thing.
    func prepare() {
        if cgroup == nil, let cgroups, cgroups.missing.isEmpty {
            cgroup = try? cgroups.make(name: nextName(), layers: Self.limited)
            exhausted = cgroup == nil
        } else if network < 0 {
            network = freshNetwork()
            exhausted = network < 0
        }
    }

    private func freshNetwork() -> Int32 {
        guard home >= 0, clw_unshare(Int32(CLW_NEWNET)) == 0 else { return -1 }
        let fresh = unsafe openat(proc, "self/ns/net", O_RDONLY | O_CLOEXEC)
        comeHome()
        return fresh
    }

    /// The worker must not stay in a sandbox's network.
    private func comeHome() {
        guard clw_setns(home, Int32(CLW_NEWNET)) == 0 else {
            note("cannot return to the own network namespace: errno \(errno)")
            _exit(1)
        }
    }

    func takeCgroup(_ layers: LayerSet) throws(LaunchError) -> any Cgroup {
        exhausted = false
        if Self.limited.isSubset(of: layers), let spare = cgroup {
            cgroup = nil
            return spare
        }
        guard let cgroups else { throw LaunchError(stage: .cgroupCreate, errno: ENOENT, subject: "cgroup") }
        return try cgroups.make(name: nextName(), layers: layers)
    }

    /// Runs `body` inside the fresh network namespace, if there is one; says whether there was.
    func inFreshNetwork(_ body: (_ entered: Bool) -> Void) {
        guard network >= 0, clw_setns(network, Int32(CLW_NEWNET)) == 0 else { return body(false) }
        body(true)
        comeHome()
        close(network)
        network = -1
    }

    private func nextName() -> String {
        sequence += 1
        return "run\(getpid())-\(sequence)"
    }

    func end() {
        _ = cgroup?.remove()
    }
}
