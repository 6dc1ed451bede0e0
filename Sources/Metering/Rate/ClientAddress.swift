/// Where a request came from, as far as its rate counts: an IPv4 address, or the /64 of an IPv6 address, because a
/// client of IPv6 may choose among all addresses of its /64.
public struct ClientAddress: Hashable, Sendable {
    /// Stands for all peers whose address the system does not say any more.
    public static let unknown = ClientAddress(isIPv6: false, bits: 0)

    private let isIPv6: Bool
    private let bits: UInt64

    private init(isIPv6: Bool, bits: UInt64) {
        self.isIPv6 = isIPv6
        self.bits = bits
    }

    /// - Parameter octets: the 4 or 16 of an address, in network order; nil for any other number.
    public init?(octets: [UInt8]) {
        // A socket that takes both families shows IPv4 peers within ::ffff:0:0/96, which is not one client.
        let isMapped = octets.count == 16 && octets.prefix(10).allSatisfy { $0 == 0 } && octets[10...11] == [255, 255]
        let significant: ArraySlice<UInt8>
        switch octets.count {
        case 4: significant = octets[...]
        case 16: significant = isMapped ? octets.suffix(4) : octets.prefix(8)
        default: return nil
        }
        self.init(
            isIPv6: octets.count == 16 && !isMapped, bits: significant.reduce(0) { $0 << 8 | UInt64($1) })
    }
}
