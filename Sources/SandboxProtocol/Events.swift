/// First message of a launcher worker; a new generation means that the one before died with its runs.
public struct Hello: Sendable, Hashable {
    public struct Probe: Sendable, Hashable {
        public var layer: Layer
        /// 0: works here. Else the errno of the stage that failed.
        public var errno: Int32
        public var stage: Stage
        /// What is weaker than it could be, or why it is missing; empty when there is nothing to say.
        public var detail: String

        public init(layer: Layer, errno: Int32, stage: Stage, detail: String) {
            self.layer = layer
            self.errno = errno
            self.stage = stage
            self.detail = detail
        }
    }

    public var generation: UInt32
    public var kernel: String
    public var landlockABI: Int32
    /// 0 none, 1 v1 controllers, 2 the unified tree.
    public var cgroupVersion: UInt8
    public var rootless: Bool
    /// False: no sandbox can be built here, for the first reason in `probes`, and the launcher ends.
    public var usable: Bool
    public var probes: [Probe]

    public init(
        generation: UInt32, kernel: String, landlockABI: Int32, cgroupVersion: UInt8, rootless: Bool,
        usable: Bool = true,
        probes: [Probe]
    ) {
        self.generation = generation
        self.kernel = kernel
        self.landlockABI = landlockABI
        self.cgroupVersion = cgroupVersion
        self.rootless = rootless
        self.usable = usable
        self.probes = probes
    }

    public init(fields: ArraySlice<UInt8>) throws(ProtocolError) {
        var reader = ByteReader(fields)
        generation = try reader.integer()
        kernel = try reader.string()
        landlockABI = try reader.integer()
        cgroupVersion = try reader.integer()
        rootless = try reader.integer(UInt8.self) != 0
        usable = try reader.integer(UInt8.self) != 0
        probes = try reader.list(max: 64) { (reader) throws(ProtocolError) in
            guard let layer = Layer(rawValue: try reader.integer()) else { throw ProtocolError("unknown layer") }
            let errno = try reader.integer(Int32.self)
            guard let stage = Stage(rawValue: try reader.integer()) else { throw ProtocolError("unknown stage") }
            return Probe(layer: layer, errno: errno, stage: stage, detail: try reader.string())
        }
        try reader.finish()
    }

    public var fields: [UInt8] {
        var writer = ByteWriter()
        writer.integer(generation)
        writer.string(kernel)
        writer.integer(landlockABI)
        writer.integer(cgroupVersion)
        writer.integer(UInt8(rootless ? 1 : 0))
        writer.integer(UInt8(usable ? 1 : 0))
        writer.list(probes) { writer, probe in
            writer.integer(probe.layer.rawValue)
            writer.integer(probe.errno)
            writer.integer(probe.stage.rawValue)
            writer.string(probe.detail)
        }
        return writer.bytes
    }
}

/// The sandbox could not be built, or the program not be executed. Nothing of it is left.
public struct Failure: Sendable, Hashable {
    public var stage: Stage
    public var errno: Int32
    /// What was being done it to, such as a path; may be empty.
    public var subject: String

    public init(stage: Stage, errno: Int32, subject: String = "") {
        self.stage = stage
        self.errno = errno
        self.subject = subject
    }

    public init(fields: ArraySlice<UInt8>) throws(ProtocolError) {
        var reader = ByteReader(fields)
        guard let stage = Stage(rawValue: try reader.integer()) else { throw ProtocolError("unknown stage") }
        self.stage = stage
        errno = try reader.integer()
        subject = try reader.string()
        try reader.finish()
    }

    public var fields: [UInt8] {
        var writer = ByteWriter()
        writer.integer(stage.rawValue)
        writer.integer(errno)
        writer.string(subject)
        return writer.bytes
    }
}

/// Why the launcher killed a run.
public enum KillReason: UInt8, Sendable {
    /// It was not killed.
    case none
    case wall, cpu, memory
    /// Asked for by the daemon.
    case output, cancelled, denied
}

/// A run is over: every process of it is dead.
public struct Ended: Sendable, Hashable {
    /// As wait(2) encodes it, of the program itself.
    public var status: Int32
    /// False when the sandbox's pid 1 died first, so that `status` says nothing of the program.
    public var statusKnown: Bool
    public var killed: KillReason
    public var oomKills: UInt64
    /// Refused forks for lack of room in the pids cgroup.
    public var pidsRefused: UInt64
    public var cpuMicroseconds: UInt64
    public var peakMemoryBytes: UInt64
    public var peakPids: UInt64
    /// Refused system calls, by number.
    public var denials: [Denial]
    /// False where refusals could only be given an errno: they have no names then.
    public var denialsNamed: Bool
    /// The network namespace had served runs before; it was empty.
    public var networkRecycled: Bool
    /// The program did not end well and left a file of exactly the size limit.
    public var fileSizeReached: Bool
    /// What the run did, where it was observed.
    public var observation: Observation?
    /// CLOCK_MONOTONIC: the launcher began, the tree was sealed, the program was executed, it ended, all was reaped.
    public var times: Times

    public struct Denial: Sendable, Hashable {
        /// AUDIT_ARCH_ of linux/audit.h: the table that the number is of.
        public var arch: UInt32
        public var number: Int32
        public var count: UInt32

        public init(arch: UInt32, number: Int32, count: UInt32) {
            self.arch = arch
            self.number = number
            self.count = count
        }
    }

    public static let denialsMax = 64

    public struct Times: Sendable, Hashable {
        public var begun: Int64 = 0
        public var sealed: Int64 = 0
        public var executed: Int64 = 0
        public var exited: Int64 = 0
        public var reaped: Int64 = 0
        public init() {}
    }

    public init(status: Int32 = 0, statusKnown: Bool = false, killed: KillReason = .none) {
        self.status = status
        self.statusKnown = statusKnown
        self.killed = killed
        oomKills = 0
        pidsRefused = 0
        cpuMicroseconds = 0
        peakMemoryBytes = 0
        peakPids = 0
        denials = []
        denialsNamed = false
        networkRecycled = false
        fileSizeReached = false
        observation = nil
        times = Times()
    }

    public init(fields: ArraySlice<UInt8>) throws(ProtocolError) {
        var reader = ByteReader(fields)
        status = try reader.integer()
        statusKnown = try reader.integer(UInt8.self) != 0
        guard let killed = KillReason(rawValue: try reader.integer()) else { throw ProtocolError("unknown reason") }
        self.killed = killed
        oomKills = try reader.integer()
        pidsRefused = try reader.integer()
        cpuMicroseconds = try reader.integer()
        peakMemoryBytes = try reader.integer()
        peakPids = try reader.integer()
        denials = try reader.list(max: Self.denialsMax) { (reader) throws(ProtocolError) in
            Denial(arch: try reader.integer(), number: try reader.integer(), count: try reader.integer())
        }
        denialsNamed = try reader.integer(UInt8.self) != 0
        networkRecycled = try reader.integer(UInt8.self) != 0
        fileSizeReached = try reader.integer(UInt8.self) != 0
        observation = try reader.integer(UInt8.self) != 0 ? try Observation(reading: &reader) : nil
        times = Times()
        times.begun = try reader.integer()
        times.sealed = try reader.integer()
        times.executed = try reader.integer()
        times.exited = try reader.integer()
        times.reaped = try reader.integer()
        try reader.finish()
    }

    public var fields: [UInt8] {
        var writer = ByteWriter()
        writer.integer(status)
        writer.integer(UInt8(statusKnown ? 1 : 0))
        writer.integer(killed.rawValue)
        for value in [oomKills, pidsRefused, cpuMicroseconds, peakMemoryBytes, peakPids] { writer.integer(value) }
        writer.list(denials) { writer, denial in
            writer.integer(denial.arch)
            writer.integer(denial.number)
            writer.integer(denial.count)
        }
        writer.integer(UInt8(denialsNamed ? 1 : 0))
        writer.integer(UInt8(networkRecycled ? 1 : 0))
        writer.integer(UInt8(fileSizeReached ? 1 : 0))
        writer.integer(UInt8(observation == nil ? 0 : 1))
        observation?.write(to: &writer)
        for value in [times.begun, times.sealed, times.executed, times.exited, times.reaped] { writer.integer(value) }
        return writer.bytes
    }
}
