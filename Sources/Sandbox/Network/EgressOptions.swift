import CLinux

/// How a host lets its sandboxes reach declared destinations.
public struct EgressOptions: Sendable {
    /// Addresses that are not public and may be reached all the same.
    public var privateAllowed: [PermittedAddress]
    /// Names that are not looked up: they have these addresses.
    public var hosts: [String: [IPAddress]]
    /// Connections of one run, in all.
    public var connectionsMax: Int
    /// Connections of all runs at once: each takes two descriptors, of which a process has so many. By default a quarter
    /// of what this process may have at its start.
    package var connectionsAtOnceMax = Self.quarterOfDescriptors
    /// Bytes of one run, both ways together.
    public var bytesMax: Int64
    /// Until a name is resolved and one of its addresses has accepted.
    public var connectMilliseconds: Int64
    /// After which a connection on which nothing moves is closed.
    public var idleMilliseconds: Int64
    /// Looks names up; a test puts its own here.
    package var resolver: any NameResolver = SystemResolver.shared

    public init(
        privateAllowed: [PermittedAddress] = [], hosts: [String: [IPAddress]] = [:], connectionsMax: Int = 128,
        bytesMax: Int64 = 64 << 20, connectMilliseconds: Int64 = 10_000, idleMilliseconds: Int64 = 60_000
    ) {
        self.privateAllowed = privateAllowed
        self.hosts = hosts
        self.connectionsMax = connectionsMax
        self.bytesMax = bytesMax
        self.connectMilliseconds = connectMilliseconds
        self.idleMilliseconds = idleMilliseconds
    }

    private static let quarterOfDescriptors = max(16, Int(clamping: clw_open_files()) / 4)

    /// Why an address may not be connected to; nil when it may.
    func refusal(_ address: IPAddress, port: UInt16) -> AddressKind? {
        guard let kind = AddressKind(address) ?? (OwnAddress.contains(address) ? .own : nil) else { return nil }
        return privateAllowed.contains { $0.contains(address, port: port) } ? nil : kind
    }
}
