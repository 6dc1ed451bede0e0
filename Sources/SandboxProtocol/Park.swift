/// How far a sandbox goes before its run is known.
public enum ParkedStart: UInt8, Sendable, Hashable, CaseIterable {
    /// Built and sealed; nothing is executed.
    case sealed = 1
    /// An interpreter runs, and takes its ``Order`` on descriptor 3.
    case interpreter
    /// The run's own program runs, and waits for its input.
    case program
}

/// Builds a sandbox ahead of its run. Sent with the descriptors for standard input, output, error; answered with
/// `parked` once it waits, and with `ended` or `failed` when it ends without a run.
public struct Park: Sendable, Hashable {
    public var start: ParkedStart
    /// What is executed: for ``ParkedStart/sealed`` nothing, and its program and files come with the run. The limits
    /// hold while it waits, and are the most that a run can have.
    public var launch: Launch

    public init(_ start: ParkedStart, _ launch: Launch) {
        self.start = start
        self.launch = launch
    }

    public init(fields: ArraySlice<UInt8>) throws(ProtocolError) {
        var reader = ByteReader(fields.prefix(1))
        guard let start = ParkedStart(rawValue: try reader.integer()) else { throw ProtocolError("unknown start") }
        self.start = start
        launch = try Launch(fields: fields.dropFirst(1), needsProgram: start != .sealed)
        // They would need what only a run has.
        guard launch.parked == 0, launch.destinations.isEmpty, !launch.dryRun, !launch.observes else {
            throw ProtocolError("a run that cannot be parked")
        }
    }

    public var fields: [UInt8] { [start.rawValue] + launch.fields }
}

/// A sandbox waits for its run.
public struct Parked: Sendable, Hashable {
    /// Charged to it by now; 0 where nothing counts it.
    public var memoryBytes: UInt64

    public init(memoryBytes: UInt64) {
        self.memoryBytes = memoryBytes
    }

    public init(fields: ArraySlice<UInt8>) throws(ProtocolError) {
        var reader = ByteReader(fields)
        memoryBytes = try reader.integer()
        try reader.finish()
    }

    public var fields: [UInt8] {
        var writer = ByteWriter()
        writer.integer(memoryBytes)
        return writer.bytes
    }
}

/// What a parked sandbox executes when its run is known, or what its interpreter loads: `ARGUMENTS VARIABLES`, the
/// program's path, the arguments, the variables as `NAME=VALUE`, each ended by NUL.
public enum Order {
    public static let bytesMax = Message.bytesMax
    /// A pipe takes so much at once (pipe(7)), less than its capacity.
    public static let pipeBytesMax = 60 * 1024

    public static func bytes(program: String, arguments: [String], environment: [String]) -> [UInt8] {
        let strings = ["\(arguments.count) \(environment.count)", program] + arguments + environment
        var bytes: [UInt8] = []
        bytes.reserveCapacity(strings.reduce(0) { $0 + $1.utf8.count + 1 })
        for string in strings {
            bytes += string.utf8
            bytes.append(0)
        }
        return bytes
    }
}
