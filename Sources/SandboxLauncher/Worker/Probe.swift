import CLinux
import Glibc
import SandboxProtocol

/// Finds out what this host can enforce by building a whole sandbox, without a program, and leaving out what fails
/// until the rest works. What is tried here is the very code that runs use.
struct Probe {
    let host: WorkerHost
    private var results: [Layer: Hello.Probe] = [:]
    /// The layers with which a sandbox could be built.
    private(set) var working = LayerSet.all
    /// Refused calls of the last sandbox that was built would have come to its pid 1.
    private var denialsNamed = false

    init(host: WorkerHost) {
        self.host = host
    }

    /// One entry for each layer that is missing or weaker than it could be.
    mutating func run() -> [Hello.Probe] {
        var layers = LayerSet.all
        func drop(_ layer: Layer, _ errno: Int32, _ stage: Stage, _ detail: String) {
            results[layer] = Hello.Probe(
                layer: layer, errno: errno, stage: stage, detail: PrivateTree.hostPath(detail))
            layers = layers.removing(layer)
        }
        if host.landlockABI < 1 {
            drop(.landlock, host.landlockErrno, .landlock, "the kernel offers no Landlock")
        }
        if (1..<6).contains(host.landlockABI) {
            results[.landlock] = Hello.Probe(
                layer: .landlock, errno: 0, stage: .landlock,
                detail: "ABI \(host.landlockABI) leaves it to namespaces and ids to keep signals and abstract sockets "
                    + "inside; ABI 6 would itself")
        }
        for layer in [Layer.memory, .pids, .cpu] {
            if let cgroups = host.cgroups {
                guard let (errno, detail) = cgroups.missing[layer] else { continue }
                drop(layer, errno, .cgroupCreate, detail)
            } else {
                drop(layer, ENOENT, .cgroupCreate, "no cgroup tree with controllers is mounted")
            }
        }
        defer { working = layers }
        while let failure = attempt(layers) {
            guard let layer = culprit(of: failure, in: layers) else {
                results[.root] = Hello.Probe(
                    layer: .root, errno: failure.errno, stage: failure.stage, detail: failure.subject)
                break
            }
            drop(layer, failure.errno, failure.stage, failure.subject)
        }
        if layers.contains(.seccomp), !denialsNamed {
            results[.seccomp] = Hello.Probe(
                layer: .seccomp, errno: 0, stage: .seccomp,
                detail: "refused calls have no names in reports: this process lives under somebody's seccomp notifier")
        }
        if host.identities.single, results[.identity] == nil {
            results[.identity] = Hello.Probe(
                layer: .identity, errno: 0, stage: .identity,
                detail: "all runs share one host id and the daemon's supplementary groups: \(host.identityShortfall)")
        }
        return Layer.allCases.compactMap { results[$0] }
    }

    /// The layer to leave out next; nil when there is none left to blame.
    private mutating func culprit(of failure: Failure, in layers: LayerSet) -> Layer? {
        let suspects: [Layer?] =
            switch failure.stage {
            case .clone:
                [.userNamespace, .networkNamespace, .pidNamespace, .ipcNamespace, .utsNamespace, .mountNamespace]
            case .cgroupCreate, .cgroupLimit, .cgroupJoin: [.memory, .pids, .cpu]
            default: [failure.stage.layer]
            }
        let present = suspects.compactMap { $0 }.filter(layers.contains)
        guard present.count > 1 else { return present.first }
        // One call makes them all, and does not say which of them it refuses.
        for layer in present where attempt(layers.removing(layer))?.stage != failure.stage { return layer }
        return present.first
    }

    /// Nil when a sandbox with these layers can be built.
    private mutating func attempt(_ layers: LayerSet) -> Failure? {
        do {
            return try build(layers)
        } catch {
            return error.failure
        }
    }

    private mutating func build(_ layers: LayerSet) throws(LaunchError) -> Failure? {
        let template = Template(
            layers: layers, hostname: "probe",
            entries: [
                RootEntry(.bind, "/usr", source: "/usr"), RootEntry(.directory, "/proc"),
                RootEntry(.directory, "/skill"), RootEntry(.directory, "/dev"),
                RootEntry(.device, "/dev/null", source: "/dev/null"), RootEntry(.scratch, "/tmp", inodesMax: 16),
            ], landlock: [LandlockRule("/usr", [.read, .execute])], refusal: EPERM)
        let filter = try check(unsafe clw_memfd_create("allow", UInt32(CLW_MFD_CLOEXEC)), .seccomp, "memfd")
        defer { close(filter) }
        let allow = FilterInstruction.give(FilterInstruction.Action.allow).encoded
        _ = unsafe write(filter, allow, allow.count)
        let built = try host.build(template, id: UInt64.max, filter: filter)
        defer { built.discard() }
        let limits = RunLimits(
            wallMilliseconds: 5000, cpuMilliseconds: 5000, cpuPercent: 100, memoryBytes: 32 << 20, pidsMax: 8,
            tmpBytes: 1 << 20, fileSizeBytes: 1 << 20, openFiles: 64)
        let launch = Launch(
            template: UInt64.max, limits: limits, skillPath: "", programs: [], arguments: [], environment: [],
            dryRun: true)
        let null = try check(unsafe open("/host/dev/null", O_RDWR | O_CLOEXEC), .launcher, "/dev/null")
        defer { close(null) }
        let run = try host.start(
            launch, id: 0, built: built, slot: 0, standardIO: [null, null, null])
        return finish(run)
    }

    private mutating func finish(_ run: Run) -> Failure? {
        var report = InitReport()
        report.kind = InitReport.Kind.failed.rawValue
        report.errno = ETIMEDOUT
        var watched = pollfd(fd: run.control, events: Int16(POLLIN), revents: 0)
        if unsafe poll(&watched, 1, 10_000) > 0 {
            if let packet = run.receivePacket(), let (received, _, _) = InitReport.parse(packet) {
                report = received
            } else {
                report.errno = EIO
            }
        }
        _ = clw_pidfd_send_signal(run.pidfd, SIGKILL)
        var status: Int32 = 0
        _ = unsafe clw_wait_pidfd(run.pidfd, 0, &status)
        close(run.pidfd)
        run.release()
        if let network = run.network { host.spares.giveBack(network) }
        if let cgroup = run.cgroup {
            // The kernel may count the dead for a moment longer.
            for _ in 0..<100 where !cgroup.remove() { usleep(1000) }
        }
        denialsNamed = report.named != 0
        return report.failure
    }
}
