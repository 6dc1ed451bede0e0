/// What an observed run did: the calls that it made and were carried out, and the paths that it named in them.
public struct Observation: Sendable, Hashable {
    public struct Call: Sendable, Hashable {
        /// Of the machine's own architecture.
        public var number: Int32
        public var count: UInt32

        public init(number: Int32, count: UInt32) {
            self.number = number
            self.count = count
        }
    }

    public struct Path: Sendable, Hashable {
        public struct Access: OptionSet, Sendable, Hashable {
            public let rawValue: UInt8
            public init(rawValue: UInt8) { self.rawValue = rawValue }
            /// Asked about, such as by stat(2).
            public static let looked = Access(rawValue: 1)
            public static let read = Access(rawValue: 2)
            public static let written = Access(rawValue: 4)
            public static let executed = Access(rawValue: 8)
        }

        /// As the program named it, after its working directory where that was needed; it need not exist.
        public var path: String
        public var access: Access

        public init(path: String, access: Access) {
            self.path = path
            self.access = access
        }
    }

    public var calls: [Call]
    public var paths: [Path]
    /// There were more paths, or longer ones, than the limits.
    public var pathsCut: Bool

    public static let callsMax = 1024
    public static let pathsMax = 512
    public static let pathBytesMax = 512
    /// Of all paths together, so that a message always holds them.
    public static let pathsBytesMax = 64 * 1024

    public init(calls: [Call] = [], paths: [Path] = [], pathsCut: Bool = false) {
        self.calls = calls
        self.paths = paths
        self.pathsCut = pathsCut
    }

    public init(reading reader: inout ByteReader) throws(ProtocolError) {
        calls = try reader.list(max: Self.callsMax) { (reader) throws(ProtocolError) in
            Call(number: try reader.integer(), count: try reader.integer())
        }
        paths = try reader.list(max: Self.pathsMax) { (reader) throws(ProtocolError) in
            Path(path: try reader.string(), access: Path.Access(rawValue: try reader.integer()))
        }
        pathsCut = try reader.integer(UInt8.self) != 0
    }

    public func write(to writer: inout ByteWriter) {
        writer.list(calls) { writer, call in
            writer.integer(call.number)
            writer.integer(call.count)
        }
        writer.list(paths) { writer, path in
            writer.string(path.path)
            writer.integer(path.access.rawValue)
        }
        writer.integer(UInt8(pathsCut ? 1 : 0))
    }
}
