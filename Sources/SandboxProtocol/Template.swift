/// What all sandboxes of one profile share: the layers that are on, and the file tree. Sent once per profile, with the
/// compiled seccomp filter as a sealed memfd.
public struct Template: Sendable, Hashable {
    public var layers: LayerSet
    public var hostname: String
    /// In order: a parent before what lies in it.
    public var entries: [RootEntry]
    public var landlock: [LandlockRule]
    /// What a refused system call returns. The filter has ``refusalMarker`` in its place, which becomes a question to
    /// pid 1, which counts and answers it; or this errno, where there can be no questions.
    public var refusal: Int32
    /// Ends the run at the first refused call.
    public var killOnDenial: Bool
    /// The filter allows what a waiting sandbox still has to do, so that it can be installed before the run is known.
    public var filtersEarly: Bool

    public init(
        layers: LayerSet, hostname: String, entries: [RootEntry], landlock: [LandlockRule], refusal: Int32,
        killOnDenial: Bool = false, filtersEarly: Bool = false
    ) {
        self.layers = layers
        self.hostname = hostname
        self.entries = entries
        self.landlock = landlock
        self.refusal = refusal
        self.killOnDenial = killOnDenial
        self.filtersEarly = filtersEarly
    }

    public static let entriesMax = 512
    /// The errno of `SECCOMP_RET_ERRNO` that stands for a refusal in the filter: the largest that libseccomp takes; no
    /// call returns it.
    public static let refusalMarker: Int32 = 4094
    /// The kernel's own limit (BPF_MAXINSNS).
    public static let filterInstructionsMax = 4096

    public init(fields: ArraySlice<UInt8>) throws(ProtocolError) {
        var reader = ByteReader(fields)
        layers = LayerSet(rawValue: try reader.integer())
        hostname = try reader.string()
        entries = try reader.list(max: Self.entriesMax) { (reader) throws(ProtocolError) in
            try RootEntry(reading: &reader)
        }
        landlock = try reader.list(max: Self.entriesMax) { (reader) throws(ProtocolError) in
            try LandlockRule(reading: &reader)
        }
        refusal = try reader.integer()
        guard (1..<4096).contains(refusal) else { throw ProtocolError("refusal is no errno") }
        killOnDenial = try reader.integer(UInt8.self) != 0
        filtersEarly = try reader.integer(UInt8.self) != 0
        try reader.finish()
    }

    public var fields: [UInt8] {
        var writer = ByteWriter()
        writer.integer(layers.rawValue)
        writer.string(hostname)
        writer.list(entries) { $1.write(to: &$0) }
        writer.list(landlock) { $1.write(to: &$0) }
        writer.integer(refusal)
        writer.integer(UInt8(killOnDenial ? 1 : 0))
        writer.integer(UInt8(filtersEarly ? 1 : 0))
        return writer.bytes
    }
}

/// One entry of a sandbox's file tree. Paths are absolute and have no `..`.
public struct RootEntry: Sendable, Hashable {
    public enum Kind: UInt8, Sendable {
        /// An empty directory; `source` is ignored.
        case directory
        /// A symbolic link to `source`.
        case symlink
        /// A small regular file with the bytes `content`.
        case file
        /// `source` of the host, read-only, with everything mounted below it.
        case bind
        /// A device node of the host.
        case device
        /// A tmpfs of the sandbox's own, made anew for every run.
        case scratch
    }

    public var kind: Kind
    public var path: String
    public var source: String
    public var content: [UInt8]
    /// Leave it out where the host does not have it.
    public var optional: Bool
    public var noExec: Bool
    /// For scratch: the most files and directories in it.
    public var inodesMax: UInt32

    public init(
        _ kind: Kind, _ path: String, source: String = "", content: [UInt8] = [], optional: Bool = false,
        noExec: Bool = false, inodesMax: UInt32 = 0
    ) {
        self.kind = kind
        self.path = path
        self.source = source
        self.content = content
        self.optional = optional
        self.noExec = noExec
        self.inodesMax = inodesMax
    }

    init(reading reader: inout ByteReader) throws(ProtocolError) {
        guard let kind = Kind(rawValue: try reader.integer()) else { throw ProtocolError("unknown entry kind") }
        self.kind = kind
        path = try reader.string()
        source = try reader.string()
        content = Array(try reader.blob())
        let flags = try reader.integer(UInt8.self)
        optional = flags & 1 != 0
        noExec = flags & 2 != 0
        inodesMax = try reader.integer()
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard path.hasPrefix("/"), !parts.dropFirst().contains(where: { $0.isEmpty || $0 == "." || $0 == ".." })
        else { throw ProtocolError("path is not absolute and plain") }
    }

    func write(to writer: inout ByteWriter) {
        writer.integer(kind.rawValue)
        writer.string(path)
        writer.string(source)
        writer.blob(content)
        writer.integer(UInt8((optional ? 1 : 0) | (noExec ? 2 : 0)))
        writer.integer(inodesMax)
    }
}

/// What Landlock allows below a path.
public struct LandlockRule: Sendable, Hashable {
    public struct Access: OptionSet, Sendable, Hashable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let read = Access(rawValue: 1)
        public static let execute = Access(rawValue: 2)
        public static let write = Access(rawValue: 4)
    }

    public var path: String
    public var access: Access

    public init(_ path: String, _ access: Access) {
        self.path = path
        self.access = access
    }

    init(reading reader: inout ByteReader) throws(ProtocolError) {
        path = try reader.string()
        access = Access(rawValue: try reader.integer())
    }

    func write(to writer: inout ByteWriter) {
        writer.string(path)
        writer.integer(access.rawValue)
    }
}
