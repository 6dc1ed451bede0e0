/// What an address is for, when it is not for a host of the public internet. Connections to such addresses are refused
/// unless the operator permits them. Sources: the IANA special-purpose registries of IPv4 and IPv6 addresses.
enum AddressKind: String, Sendable {
    case unspecified, loopback, metadata, multicast, documentation, reserved
    case `private`
    case linkLocal = "link-local"
    case uniqueLocal = "unique local"
    case sharedByCarrier = "carrier-grade NAT"
    /// An IPv6 address that leads to an IPv4 address which cannot be seen, or is itself not public.
    case tunnel
    /// Public, and the host's own.
    case own = "this host's own"

    /// Nil for a public address.
    init?(_ address: IPAddress) {
        let rows = address.isIPv4 ? Self.rows4 : Self.rows6
        for row in rows where address.isIn(row.network, row.bits) {
            if let embedded = row.embedded {
                guard let inner = IPAddress(bytes: Array(address.bytes[embedded..<embedded + 4])) else { continue }
                guard Self(inner) != nil else { return nil }
            }
            self = row.kind
            return
        }
        // Of IPv6 only 2000::/3 has been given to hosts.
        guard !address.isIPv4, !address.isIn([0x20] + [UInt8](repeating: 0, count: 15), 3) else { return nil }
        self = .reserved
    }

    private struct Row: Sendable {
        let network: [UInt8]
        let bits: Int
        let kind: AddressKind
        /// Where the IPv4 address begins that decides instead.
        let embedded: Int?

        init(_ text: String, _ bits: Int, _ kind: AddressKind, embedded: Int? = nil) {
            guard let address = IPAddress(text) else { preconditionFailure("\(text) is no address") }
            network = address.bytes
            self.bits = bits
            self.kind = kind
            self.embedded = embedded
        }
    }

    // The first that holds counts.
    private static let rows4: [Row] = [
        // Where clouds tell a machine about itself, keys included.
        Row("169.254.169.254", 32, .metadata), Row("168.63.129.16", 32, .metadata),
        Row("100.100.100.200", 32, .metadata),
        Row("0.0.0.0", 8, .unspecified), Row("127.0.0.0", 8, .loopback),
        Row("10.0.0.0", 8, .private), Row("172.16.0.0", 12, .private), Row("192.168.0.0", 16, .private),
        Row("100.64.0.0", 10, .sharedByCarrier), Row("169.254.0.0", 16, .linkLocal),
        Row("192.0.2.0", 24, .documentation), Row("198.51.100.0", 24, .documentation),
        Row("203.0.113.0", 24, .documentation),
        Row("192.0.0.0", 24, .reserved), Row("198.18.0.0", 15, .reserved), Row("192.88.99.0", 24, .tunnel),
        Row("224.0.0.0", 4, .multicast), Row("240.0.0.0", 4, .reserved),
    ]

    private static let rows6: [Row] = [
        Row("fd00:ec2::254", 128, .metadata),
        Row("::", 128, .unspecified), Row("::1", 128, .loopback),
        // NAT64, 6to4 and the old compatible form carry an IPv4 address; Teredo hides one.
        Row("64:ff9b::", 96, .tunnel, embedded: 12), Row("64:ff9b:1::", 48, .tunnel),
        Row("2002::", 16, .tunnel, embedded: 2), Row("::", 96, .tunnel), Row("2001::", 32, .tunnel),
        Row("fc00::", 7, .uniqueLocal), Row("fe80::", 10, .linkLocal), Row("fec0::", 10, .private),
        Row("ff00::", 8, .multicast), Row("2001:db8::", 32, .documentation), Row("3fff::", 20, .documentation),
        Row("2001::", 23, .reserved),
    ]
}
