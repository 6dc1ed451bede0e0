/// A host and port that one run may connect to, through a listener inside its own network namespace.
public struct Destination: Sendable, Hashable {
    /// A name in lower case, or an IPv4 address in dotted form.
    public var host: String
    public var port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Where the program finds `destinations`, one address for each host: an address is itself, names get 127.77.0.1
    /// and following.
    public static func addresses(of destinations: [Destination]) -> [IPv4Address] {
        var named: [String: IPv4Address] = [:]
        return destinations.map { destination in
            if let literal = IPv4Address(destination.host) { return literal }
            if let known = named[destination.host] { return known }
            let address = IPv4Address(127, 77, 0, UInt8(named.count + 1))
            named[destination.host] = address
            return address
        }
    }

    /// The text of the run's /etc/hosts.
    public static func hostsFile(of destinations: [Destination]) -> [UInt8] {
        var lines = ["127.0.0.1 localhost"]
        for (destination, address) in zip(destinations, addresses(of: destinations))
        where IPv4Address(destination.host) == nil {
            let line = "\(address) \(destination.host)"
            if !lines.contains(line) { lines.append(line) }
        }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    init(reading reader: inout ByteReader) throws(ProtocolError) {
        host = try reader.string()
        port = try reader.integer()
        // It becomes a line of a file: nothing may end the line or begin another name.
        let plain = host.utf8.allSatisfy { byte in
            byte &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: ".")
        }
        guard plain, (1...253).contains(host.utf8.count), host != "localhost", port > 0 else {
            throw ProtocolError("destination is no host and port")
        }
        // Any, multicast and broadcast are nobody's; 127.77 is where names go.
        if let literal = IPv4Address(host) {
            let (first, second) = (literal.bytes[0], literal.bytes[1])
            guard (1..<224).contains(first), first != 127 || second != 77 else {
                throw ProtocolError("destination is no host and port")
            }
        }
    }

    func write(to writer: inout ByteWriter) {
        writer.string(host)
        writer.integer(port)
    }
}

/// Four bytes, written `127.0.0.1`.
public struct IPv4Address: Sendable, Hashable, LosslessStringConvertible {
    /// The first byte is the highest.
    public let value: UInt32

    public init(value: UInt32) {
        self.value = value
    }

    public init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        value = UInt32(first) << 24 | UInt32(second) << 16 | UInt32(third) << 8 | UInt32(fourth)
    }

    /// Four decimal numbers without leading zeros; nil for every other way in which libraries write addresses.
    public init?(_ description: String) {
        let parts = description.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(part), String(byte) == part else { return nil }
            value = value << 8 | UInt32(byte)
        }
        self.value = value
    }

    public var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

    public var description: String { bytes.map(String.init).joined(separator: ".") }
}
