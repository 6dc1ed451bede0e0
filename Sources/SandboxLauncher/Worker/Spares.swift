import CLinux
import Glibc
import SandboxProtocol

/// A network namespace without a process in it.
struct Network {
    let descriptor: Int32
    /// It has served a run.
    let recycled: Bool
}

/// What a run needs and does not depend on it, made ahead while nothing else is to be done: an empty cgroup, which
/// serves one run, and empty network namespaces, which serve again after a run that left nothing in them: to make and to
/// destroy one costs the kernel more than all the rest of a sandbox.
final class Spares {
    private let cgroups: (any CgroupTree)?
    private let proc: Int32
    /// The worker's own network namespace, to come back to.
    private let home: Int32
    private var cgroup: (any Cgroup)?
    private var networks: [Network] = []
    private var sequence: UInt64 = 0
    /// The last try failed; it is not repeated in a loop, and a run finds out for itself.
    private var exhausted = false

    private static let networksMax = 64
    private static let limited = LayerSet([.memory, .pids, .cpu])

    init(cgroups: (any CgroupTree)?, proc: Int32) {
        self.cgroups = cgroups
        self.proc = proc
        let home = unsafe openat(proc, "self/ns/net", O_RDONLY | O_CLOEXEC)
        // Root of a user namespace alone may leave its network, but not enter it again; then none is made ahead.
        self.home = clw_setns(home, Int32(CLW_NEWNET)) == 0 ? home : -1
    }

    /// Something can be made ahead.
    var wanted: Bool {
        !exhausted && (cgroup == nil && cgroups?.missing.isEmpty == true || networks.isEmpty && home >= 0)
    }

    /// Makes one thing.
    func prepare() {
        if cgroup == nil, let cgroups, cgroups.missing.isEmpty {
            cgroup = try? cgroups.make(name: nextName(), layers: Self.limited)
            exhausted = cgroup == nil
        } else if networks.isEmpty {
            let network = freshNetwork()
            if let network { networks.append(network) }
            exhausted = network == nil
        }
    }

    private func freshNetwork() -> Network? {
        guard home >= 0, clw_unshare(Int32(CLW_NEWNET)) == 0 else { return nil }
        let descriptor = unsafe openat(proc, "self/ns/net", O_RDONLY | O_CLOEXEC)
        comeHome()
        return descriptor < 0 ? nil : Network(descriptor: descriptor, recycled: false)
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

    /// Runs `body` inside an empty network namespace, which it gets when there is one.
    /// - Parameter fresh: only in one that has served no run.
    func inNetwork(fresh: Bool = false, _ body: (Network?) -> Void) {
        guard let network = takeNetwork(fresh) ?? freshNetwork() else { return body(nil) }
        guard clw_setns(network.descriptor, Int32(CLW_NEWNET)) == 0 else {
            close(network.descriptor)
            return body(nil)
        }
        body(network)
        comeHome()
    }

    private func takeNetwork(_ fresh: Bool) -> Network? {
        guard fresh else { return networks.popLast() }
        return networks.lastIndex { !$0.recycled }.map { networks.remove(at: $0) }
    }

    /// Takes back what a run no longer uses, of which every process is dead. Kept if no socket is left in it: one on its
    /// way through another socket outlives its processes until the kernel's next look.
    func giveBack(_ network: Network) {
        guard networks.count < Self.networksMax, isEmpty(network) else {
            close(network.descriptor)
            return
        }
        networks.append(Network(descriptor: network.descriptor, recycled: true))
    }

    private func isEmpty(_ network: Network) -> Bool {
        guard clw_setns(network.descriptor, Int32(CLW_NEWNET)) == 0 else { return false }
        defer { comeHome() }
        return HostFiles.read("self/net/sockstat", in: proc)?.hasPrefix("sockets: used 0\n") == true
    }

    private func nextName() -> String {
        sequence += 1
        return "run\(getpid())-\(sequence)"
    }

    func end() {
        _ = cgroup?.remove()
    }
}
