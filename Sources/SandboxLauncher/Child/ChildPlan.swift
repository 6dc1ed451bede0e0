import CLinux
import Glibc
import SandboxProtocol

/// Everything that a sandbox's two processes need, prepared by the worker before it clones them; what is the same for
/// all runs of a template comes from there.
final class ChildPlan {
    let layers: LayerSet
    let limits: RunLimits
    let processLimits: ProcessLimits
    let dryRun: Bool
    /// How far it goes before its run is known; nil: it is known.
    let start: ParkedStart?
    /// The filter is installed before the run is known.
    let filtersEarly: Bool
    let tree: CStrings
    let hostname: CStrings
    /// Pairs: where to mount a tmpfs, and its options.
    let scratches: CStrings
    /// One for each pair.
    let scratchFlags: [UInt]
    let programs: CStrings
    let arguments: CStrings
    let environment: CStrings
    let landlock: LandlockPlan
    /// Ports that the program may connect to.
    let ports: [UInt16]
    /// The run's own /etc/hosts; empty where the template's is right.
    let hosts: [UInt8]
    let filter: [UInt8]
    let askingFilter: [UInt8]
    let refusal: Int32
    let killOnDenial: Bool
    let observes: Bool
    /// One for each of the programs; made before the clone, for nothing may be allocated once it is installed.
    let observerFilters: [[UInt8]]
    /// Inside the user namespace; on the host's ids where there is none.
    let initID: UInt32
    let skillID: UInt32
    /// More than one id is mapped, and setgroups(2) is allowed.
    let ownIDs: Bool
    let hasSkill: Bool
    let bootstrap: Bootstrap

    /// Descriptors of the worker that the child takes over.
    struct Bootstrap {
        var control: Int32
        var standardIO: [Int32]
        var skillTree: Int32
        /// Where an interpreter that is started ahead reads its ``Order``; -1 for none.
        var order: Int32
        var cgroupJoins: [Int32]
    }

    init(
        launch: Launch, start: ParkedStart?, built: BuiltTemplate, identities: IdentityPool, slot: Int,
        setgroupsAllowed: Bool, bootstrap: Bootstrap
    ) {
        layers = built.template.layers
        limits = launch.limits
        // What is started ahead uses processor time of its own, within the same limit.
        processLimits = ProcessLimits(
            launch.limits, layers, cpuMillisecondsBefore: start == nil ? 0 : launch.limits.cpuMilliseconds)
        dryRun = launch.dryRun
        self.start = start
        filtersEarly = built.template.filtersEarly
        tree = built.tree
        hostname = built.hostname
        scratches = CStrings(
            built.scratches.flatMap { entry in
                [
                    PrivateTree.newRoot + entry.path,
                    "size=\(launch.limits.tmpBytes),nr_inodes=\(entry.inodesMax),mode=1777",
                ]
            })
        scratchFlags = built.scratches.map(BuiltTemplate.scratchFlags)
        let programs = CStrings(launch.programs)
        self.programs = programs
        arguments = CStrings(launch.arguments)
        environment = CStrings(launch.environment)
        landlock = built.landlock
        ports = launch.destinations.map(\.port)
        hosts = launch.destinations.isEmpty ? [] : Destination.hostsFile(of: launch.destinations)
        filter = built.filter
        askingFilter = built.askingFilter
        refusal = built.template.refusal
        killOnDenial = built.template.killOnDenial
        observes = launch.observes
        observerFilters =
            launch.observes ? (0..<programs.count).map { Observer.filter(program: programs.address($0)) } : []
        let ownNamespace = built.template.layers.contains(.userNamespace)
        ownIDs = setgroupsAllowed && !(ownNamespace && identities.single)
        initID = ownNamespace && identities.single ? IdentityPool.skillID : 0
        skillID = ownNamespace ? IdentityPool.skillID : identities.skillHostID(slot: slot)
        hasSkill = bootstrap.skillTree >= 0
        self.bootstrap = bootstrap
    }

    /// The namespaces of clone3. The cgroup namespace is unshared later, when the child is in its cgroup.
    var cloneFlags: UInt64 {
        let flags: [(Layer, Int)] = [
            (.userNamespace, CLW_NEWUSER), (.mountNamespace, CLW_NEWNS), (.pidNamespace, CLW_NEWPID),
            (.ipcNamespace, CLW_NEWIPC), (.utsNamespace, CLW_NEWUTS), (.networkNamespace, CLW_NEWNET),
        ]
        return flags.reduce(0) { layers.contains($1.0) ? $0 | UInt64($1.1) : $0 }
    }
}

/// Landlock's access bits for this kernel. Source: Documentation/userspace-api/landlock.rst.
struct LandlockPlan {
    let abi: Int32
    let handledFiles: UInt64
    let handledNetwork: UInt64
    let scopes: UInt64
    /// One right mask for each path.
    let paths: CStrings
    let allowed: [UInt64]
    /// For a skill's files that are mounted after the rules were made.
    let skillAccess: UInt64

    static let connectPort: UInt64 = 1 << 1
    private static let execute: UInt64 = 1 << 0
    private static let writeFile: UInt64 = 1 << 1
    private static let readFile: UInt64 = 1 << 2
    private static let readDirectory: UInt64 = 1 << 3
    private static let truncate: UInt64 = 1 << 14
    /// Remove, make (but device nodes), and from ABI 2 on refer.
    private static let change: UInt64 =
        1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 12 | 1 << 13
    /// What a rule on a file, rather than a directory, may name.
    static let fileBits = execute | writeFile | readFile | truncate | 1 << 15

    init(rules: [LandlockRule], abi: Int32) {
        self.abi = abi
        // One more access right in each of ABI 2 (refer), 3 (truncate) and 5 (ioctl of devices).
        let bits: Int32 = abi >= 5 ? 16 : abi >= 3 ? 15 : abi >= 2 ? 14 : 13
        let handled: UInt64 = (1 << UInt64(bits)) - 1
        handledFiles = handled
        // ABI 4: bind and connect of TCP sockets. No rule allows any but to the ports of declared destinations.
        handledNetwork = abi >= 4 ? 1 | Self.connectPort : 0
        // ABI 6: abstract Unix sockets and signals stay inside.
        scopes = abi >= 6 ? 3 : 0
        paths = CStrings(rules.map(\.path))
        func access(_ rule: LandlockRule) -> UInt64 {
            var access: UInt64 = 0
            if rule.access.contains(.read) { access |= Self.readFile | Self.readDirectory }
            if rule.access.contains(.execute) { access |= Self.execute }
            if rule.access.contains(.write) { access |= Self.writeFile | Self.truncate | Self.change }
            return access & handled
        }
        allowed = rules.map(access)
        skillAccess = rules.first { $0.path == "/skill" }.map(access) ?? 0
    }
}

extension Bool {
    fileprivate var asByte: UInt8 { self ? 1 : 0 }
}

/// What pid 1 tells the worker: one packet of plain integers, when it is over or has failed. Both are the same binary.
struct InitReport {
    enum Kind: UInt8 {
        case ended = 1
        case failed = 2
    }

    var kind = Kind.ended.rawValue
    var stage = Stage.launcher.rawValue
    var errno: Int32 = 0
    var status: Int32 = 0
    var cpuMicroseconds: Int64 = 0
    var peakMemoryBytes: Int64 = 0
    var sealed: Int64 = 0
    var executed: Int64 = 0
    var exited: Int64 = 0
    var reaped: Int64 = 0
    /// Pid 1 ended the run for its refused calls.
    var denied = false.asByte
    /// Refused calls came to pid 1.
    var named = false.asByte
    /// The program failed, and a file that it left is as large as one may be.
    var fullFile = false.asByte
    /// How many refused calls follow; what follows them is the observation, where there is one.
    var denialCount: UInt16 = 0

    mutating func fail(_ stage: Stage, _ errno: Int32) {
        kind = Kind.failed.rawValue
        self.stage = stage.rawValue
        self.errno = errno
    }

    /// The most that a packet without an observation holds: the report, then the refused calls.
    static let packetBytesMax =
        MemoryLayout<InitReport>.size + Ended.denialsMax * MemoryLayout<Ended.Denial>.stride

    static let observedPacketBytesMax = 128 * 1024

    static func packet(_ report: InitReport, _ denials: [Ended.Denial], _ observation: Observation?) -> [UInt8] {
        var report = report
        report.denialCount = UInt16(denials.count)
        var writer = ByteWriter()
        observation?.write(to: &writer)
        return unsafe withUnsafeBytes(of: report) { unsafe [UInt8]($0) }
            + denials.withUnsafeBytes { unsafe [UInt8]($0) } + writer.bytes
    }

    /// Nil for bytes that are no report: the sender lies.
    static func parse(
        _ packet: ArraySlice<UInt8>
    ) -> (report: InitReport, denials: [Ended.Denial], observation: Observation?)? {
        let size = MemoryLayout<InitReport>.size
        let stride = MemoryLayout<Ended.Denial>.stride
        guard packet.count >= size else { return nil }
        return unsafe packet.withUnsafeBytes { bytes in
            let report = unsafe bytes.loadUnaligned(as: InitReport.self)
            let end = size + Int(report.denialCount) * stride
            guard Kind(rawValue: report.kind) != nil, Int(report.denialCount) <= Ended.denialsMax, end <= bytes.count
            else { return nil }
            let denials = Swift.stride(from: size, to: end, by: stride).map {
                unsafe bytes.loadUnaligned(fromByteOffset: $0, as: Ended.Denial.self)
            }
            guard end < bytes.count else { return (report, denials, nil) }
            var reader = ByteReader(packet.dropFirst(end))
            guard let observation = try? Observation(reading: &reader) else { return nil }
            return (report, denials, observation)
        }
    }

    /// Nil when the program was executed.
    var failure: Failure? {
        kind == Kind.ended.rawValue ? nil : Failure(stage: Stage(rawValue: stage) ?? .launcher, errno: errno)
    }
}

/// The refused calls of a run: pid 1's second packet, after its report.
struct DenialTable {
    /// A program that makes more different mistakes than this shows no more of them.
    static let rowsMax = Ended.denialsMax
    /// After so many refusals the run is ended: something asks in a loop.
    static let countMax = 1000

    private(set) var rows: [Ended.Denial] = []
    private(set) var total = 0

    init() {
        rows.reserveCapacity(Self.rowsMax)
    }

    mutating func add(arch: UInt32, number: Int32) {
        total += 1
        if let index = rows.firstIndex(where: { $0.number == number && $0.arch == arch }) {
            rows[index].count += 1
        } else if rows.count < Self.rowsMax {
            rows.append(Ended.Denial(arch: arch, number: number, count: 1))
        }
    }
}

/// What pid 2 tells pid 1 when it cannot execute the program.
struct EntryFailure {
    var stage: UInt8
    var errno: Int32
}
