/// The frame of every message: `version kind length id`, then `length` bytes of fields. One packet, one message.
public struct Message: Sendable {
    public enum Kind: UInt16, Sendable {
        // To the launcher.
        case template = 1
        case discardTemplate, launch, kill
        /// Answered with `pong` and the same id: the worker still turns.
        case ping
        case park
        // From the launcher.
        case hello = 64
        case templateReady, templateFailed, ended, failed, pong
        /// With a run's listeners, in the order of its destinations; before its end.
        case listening
        case parked
        /// A program that was started ahead has its run, and may have its request.
        case begun
    }

    /// Raised with every change of a message, so that a daemon and a launcher of two builds refuse each other.
    public static let version: UInt16 = 10
    public static let headerBytes = 16
    /// Within the default send buffer of a socket (net.core.wmem_default, 208 KiB).
    public static let bytesMax = 160 * 1024

    public let kind: Kind
    /// The template or the run that it is about.
    public let id: UInt64
    public let fields: ArraySlice<UInt8>

    public init(kind: Kind, id: UInt64, fields: [UInt8] = []) {
        self.kind = kind
        self.id = id
        self.fields = fields[...]
    }

    public init(parsing packet: ArraySlice<UInt8>) throws(ProtocolError) {
        var reader = ByteReader(packet.prefix(Self.headerBytes))
        guard try reader.integer(UInt16.self) == Self.version else { throw ProtocolError("another protocol version") }
        guard let kind = Kind(rawValue: try reader.integer()) else { throw ProtocolError("unknown message") }
        let length = Int(try reader.integer(UInt32.self))
        guard length == packet.count - Self.headerBytes else { throw ProtocolError("wrong length") }
        self.kind = kind
        id = try reader.integer()
        fields = packet.dropFirst(Self.headerBytes)
    }

    public var packet: [UInt8] {
        var writer = ByteWriter()
        writer.integer(Self.version)
        writer.integer(kind.rawValue)
        writer.integer(UInt32(fields.count))
        writer.integer(id)
        return writer.bytes + fields
    }
}
