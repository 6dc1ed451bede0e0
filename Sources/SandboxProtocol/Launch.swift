/// One run: which template, which limits, which program. Sent with the descriptors for standard input, output, error,
/// or without any to a sandbox that waits: it has them.
public struct Launch: Sendable, Hashable {
    public var template: UInt64
    /// The sandbox to use, by the id of its `park` message; 0 builds one.
    public var parked: UInt64
    public var limits: RunLimits
    /// Absolute path on the host, shown at /skill; empty for none.
    public var skillPath: String
    /// Absolute paths inside the sandbox, tried in order until one exists.
    public var programs: [String]
    public var arguments: [String]
    public var environment: [String]
    /// What the program may connect to. The launcher answers with a listener for each; see ``Destination``.
    public var destinations: [Destination]
    /// Everything is built and sealed, but instead of the program nothing is executed: how a host is probed.
    public var dryRun: Bool
    /// Every call that the profile allows is reported, too. Slow: each of them waits for pid 1.
    public var observes: Bool

    /// Of all variables, with the NUL behind each.
    public var environmentBytes: Int { environment.reduce(0) { $0 + $1.utf8.count + 1 } }

    public static let stringsMax = 4096
    /// As many as one message carries descriptors.
    public static let destinationsMax = 16

    public init(
        template: UInt64, limits: RunLimits, skillPath: String, programs: [String], arguments: [String],
        environment: [String], destinations: [Destination] = [], dryRun: Bool = false, observes: Bool = false,
        parked: UInt64 = 0
    ) {
        self.template = template
        self.parked = parked
        self.limits = limits
        self.skillPath = skillPath
        self.programs = programs
        self.arguments = arguments
        self.environment = environment
        self.destinations = destinations
        self.dryRun = dryRun
        self.observes = observes
    }

    public init(fields: ArraySlice<UInt8>) throws(ProtocolError) {
        try self.init(fields: fields, needsProgram: true)
    }

    init(fields: ArraySlice<UInt8>, needsProgram: Bool) throws(ProtocolError) {
        var reader = ByteReader(fields)
        template = try reader.integer()
        parked = try reader.integer()
        limits = try RunLimits(reading: &reader)
        skillPath = try reader.string()
        let strings = { (reader: inout ByteReader) throws(ProtocolError) in
            try reader.list(max: Self.stringsMax) { (reader) throws(ProtocolError) in try reader.string() }
        }
        programs = try strings(&reader)
        arguments = try strings(&reader)
        environment = try strings(&reader)
        destinations = try reader.list(max: Self.destinationsMax) { (reader) throws(ProtocolError) in
            try Destination(reading: &reader)
        }
        dryRun = try reader.integer(UInt8.self) != 0
        observes = try reader.integer(UInt8.self) != 0
        try reader.finish()
        guard programs.count <= 64, dryRun || !needsProgram || !programs.isEmpty else {
            throw ProtocolError("no program")
        }
    }

    public var fields: [UInt8] {
        var writer = ByteWriter()
        writer.integer(template)
        writer.integer(parked)
        limits.write(to: &writer)
        writer.string(skillPath)
        for strings in [programs, arguments, environment] {
            writer.list(strings) { $0.string($1) }
        }
        writer.list(destinations) { $1.write(to: &$0) }
        writer.integer(UInt8(dryRun ? 1 : 0))
        writer.integer(UInt8(observes ? 1 : 0))
        return writer.bytes
    }
}

/// The limits that the launcher and the kernel enforce. Zero is never "no limit".
public struct RunLimits: Sendable, Hashable {
    public var wallMilliseconds: UInt64
    public var cpuMilliseconds: UInt64
    /// Percent of one processor: 150 is one and a half.
    public var cpuPercent: UInt64
    public var memoryBytes: UInt64
    public var pidsMax: UInt64
    public var tmpBytes: UInt64
    public var fileSizeBytes: UInt64
    public var openFiles: UInt64

    public init(
        wallMilliseconds: UInt64, cpuMilliseconds: UInt64, cpuPercent: UInt64, memoryBytes: UInt64, pidsMax: UInt64,
        tmpBytes: UInt64, fileSizeBytes: UInt64, openFiles: UInt64
    ) {
        self.wallMilliseconds = wallMilliseconds
        self.cpuMilliseconds = cpuMilliseconds
        self.cpuPercent = cpuPercent
        self.memoryBytes = memoryBytes
        self.pidsMax = pidsMax
        self.tmpBytes = tmpBytes
        self.fileSizeBytes = fileSizeBytes
        self.openFiles = openFiles
    }

    init(reading reader: inout ByteReader) throws(ProtocolError) {
        wallMilliseconds = try reader.integer()
        cpuMilliseconds = try reader.integer()
        cpuPercent = try reader.integer()
        memoryBytes = try reader.integer()
        pidsMax = try reader.integer()
        tmpBytes = try reader.integer()
        fileSizeBytes = try reader.integer()
        openFiles = try reader.integer()
        let all = [
            wallMilliseconds, cpuMilliseconds, cpuPercent, memoryBytes, pidsMax, tmpBytes, fileSizeBytes, openFiles,
        ]
        // 2^53 keeps every later product (milliseconds to nanoseconds) inside 64 bits signed.
        guard all.allSatisfy({ $0 > 0 && $0 < 1 << 53 }) else { throw ProtocolError("limit out of range") }
        guard wallMilliseconds <= 86_400_000, cpuMilliseconds <= 86_400_000, cpuPercent <= 1_000_000 else {
            throw ProtocolError("limit out of range")
        }
    }

    func write(to writer: inout ByteWriter) {
        for value in [
            wallMilliseconds, cpuMilliseconds, cpuPercent, memoryBytes, pidsMax, tmpBytes, fileSizeBytes, openFiles,
        ] { writer.integer(value) }
    }
}
