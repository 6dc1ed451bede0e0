/// Addresses that are not public and that an operator permits, with a port.
public struct PermittedAddress: Hashable, Sendable, LosslessStringConvertible {
    public let network: IPAddress
    /// How many of its first bits count.
    public let bits: Int
    public let port: UInt16

    /// Parses `127.0.0.1:2525`, `10.0.0.0/8:25`, `[fd00::1]:25` and `[fd00::/8]:25`; nil for anything else, also where
    /// bits are set beyond those that count.
    public init?(_ description: String) {
        guard let colon = description.lastIndex(of: ":") else { return nil }
        let portText = description[description.index(after: colon)...]
        var place = description[..<colon]
        if place.hasPrefix("["), place.hasSuffix("]") {
            place = place.dropFirst().dropLast()
            guard place.contains(":") else { return nil }
        } else if place.contains(":") {
            return nil
        }
        let parts = place.split(separator: "/", omittingEmptySubsequences: false)
        guard let port = UInt16(portText), port > 0, String(port) == portText, parts.count <= 2,
            let network = IPAddress(String(parts[0]))
        else { return nil }
        let bitsMax = network.bytes.count * 8
        guard let bits = parts.count == 1 ? bitsMax : Int(parts[1]), (0...bitsMax).contains(bits) else { return nil }
        guard parts.count == 1 || String(bits) == parts[1] else { return nil }
        for bit in bits..<bitsMax where network.bytes[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 { return nil }
        self.network = network
        self.bits = bits
        self.port = port
    }

    public var description: String {
        let place = bits == network.bytes.count * 8 ? "\(network)" : "\(network)/\(bits)"
        return network.isIPv4 ? "\(place):\(port)" : "[\(place)]:\(port)"
    }

    func contains(_ address: IPAddress, port: UInt16) -> Bool {
        port == self.port && address.isIn(network.bytes, bits)
    }
}
