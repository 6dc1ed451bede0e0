import Glibc

/// An IPv4 or IPv6 address. One that stands for an IPv4 address (`::ffff:192.0.2.1`) is that address.
public struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    public let isIPv6: Bool
    /// The address as a number; of IPv4 the low half of ``low``.
    let high: UInt64
    let low: UInt64

    init(isIPv6: Bool, high: UInt64, low: UInt64) {
        self.isIPv6 = isIPv6
        self.high = high
        self.low = low
    }

    /// - Parameter octets: the 4 or 16 of an address, in network order; nil for any other number.
    public init?(octets: [UInt8]) {
        func number(_ octets: some Sequence<UInt8>) -> UInt64 { octets.reduce(0) { $0 << 8 | UInt64($1) } }
        switch octets.count {
        case 4: self.init(isIPv6: false, high: 0, low: number(octets))
        case 16:
            let (high, low) = (number(octets.prefix(8)), number(octets.suffix(8)))
            let isMapped = high == 0 && low >> 32 == 0xffff
            self.init(isIPv6: !isMapped, high: high, low: isMapped ? low & 0xffff_ffff : low)
        default: return nil
        }
    }

    /// The forms of inet_pton(3), such as `192.0.2.1` and `2001:db8::1`.
    public init?(_ text: some StringProtocol) {
        let text = String(text)
        var octets = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &octets) == 1 {
            self.init(octets: Array(octets.prefix(4)))
        } else if inet_pton(AF_INET6, text, &octets) == 1 {
            self.init(octets: octets)
        } else {
            return nil
        }
    }

    public var description: String {
        let octets = isIPv6 ? Self.octets(high, 8) + Self.octets(low, 8) : Self.octets(low, 4)
        var text = [CChar](repeating: 0, count: 64)
        _ = inet_ntop(isIPv6 ? AF_INET6 : AF_INET, octets, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func octets(_ number: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
    }
}

/// Where a request came from, as far as a key's list of addresses is held against it.
public enum CallOrigin: Hashable, Sendable {
    /// The daemon's Unix socket, whose clients have no address.
    case unixSocket
    case address(NetworkAddress)
    /// Nobody can tell; a key with a list is refused.
    case unknown
}

/// One entry of a key's list of addresses: a network such as `203.0.113.0/24`, or `unix` for the Unix socket.
public enum AddressRule: Hashable, Sendable, CustomStringConvertible {
    /// The most entries of one list.
    public static let countMax = 32

    case unixSocket
    /// The first address, and how many of its bits are the network's: up to 32, or 128.
    case network(NetworkAddress, bits: Int)

    /// Nil for anything but `unix`, an address, or a network whose bits beyond its length are zero.
    public init?(_ text: String) {
        guard text != "unix" else {
            self = .unixSocket
            return
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard text.utf8.count <= 64, let address = NetworkAddress(parts[0]) else { return nil }
        let most = address.isIPv6 ? 128 : 32
        // Written as IPv6, an IPv4 address would be counted in other bits.
        guard address.isIPv6 == parts[0].utf8.contains(UInt8(ascii: ":")) else { return nil }
        guard parts.count == 2 else {
            self = .network(address, bits: most)
            return
        }
        guard let bits = Int(parts[1]), String(bits) == parts[1], (0...most).contains(bits),
            Self.masked(address, bits) == address
        else { return nil }
        self = .network(address, bits: bits)
    }

    public var description: String {
        switch self {
        case .unixSocket: "unix"
        case .network(let address, let bits): "\(address)/\(bits)"
        }
    }

    public func contains(_ origin: CallOrigin) -> Bool {
        switch (self, origin) {
        case (.unixSocket, .unixSocket): true
        case (.network(let first, let bits), .address(let address)):
            address.isIPv6 == first.isIPv6 && Self.masked(address, bits) == first
        default: false
        }
    }

    /// Whether everything that the other one lets in, this one does.
    public func contains(_ other: AddressRule) -> Bool {
        switch (self, other) {
        case (.unixSocket, .unixSocket): true
        case (.network(_, let bits), .network(let address, let otherBits)):
            otherBits >= bits && contains(.address(address))
        default: false
        }
    }

    /// The address with all but its first bits zero.
    private static func masked(_ address: NetworkAddress, _ bits: Int) -> NetworkAddress {
        // IPv4 fills the low half of the low half.
        let kept = address.isIPv6 ? bits : bits + 96
        func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? .max : ~(UInt64.max >> UInt64(bits)) }
        return NetworkAddress(
            isIPv6: address.isIPv6, high: address.high & mask(kept), low: address.low & mask(kept - 64))
    }
}
