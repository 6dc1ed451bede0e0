/// One layer of isolation. Every layer is on by default, is tried on this host at start, and is reported for every run.
public enum Layer: UInt8, CaseIterable, Sendable, Hashable {
    case userNamespace, mountNamespace, pidNamespace, ipcNamespace, utsNamespace, networkNamespace, cgroupNamespace
    /// The program's own file tree, entered by pivot_root.
    case root
    /// An own /proc that shows only the sandbox's processes.
    case proc
    case seccomp, landlock
    /// No capability, in the bounding set neither.
    case capabilities
    case noNewPrivileges
    /// An unprivileged user and group of the sandbox's own, and no supplementary groups.
    case identity
    case rlimits
    /// Cgroup limits.
    case memory, pids, cpu
    /// An own session without a terminal.
    case session
    /// Only standard input, output and error are open.
    case descriptors
    /// Only the variables of the profile and the request.
    case environment
    /// Default actions and an empty mask.
    case signals
    case coreDumps

    /// The name in reports, profiles and errors, such as `userNamespace`.
    public var name: String { Self.names[Int(rawValue)] }

    // Made once: finding a case's name asks the runtime, which takes longer than a system call.
    private static let names = allCases.map { "\($0)" }

    public init?(name: some StringProtocol) {
        guard let layer = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = layer
    }
}

/// A set of layers in 32 bits.
public struct LayerSet: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public init(_ layers: some Sequence<Layer>) {
        rawValue = layers.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
    }

    public static let all = LayerSet(Layer.allCases)

    public func contains(_ layer: Layer) -> Bool {
        rawValue & (1 << UInt32(layer.rawValue)) != 0
    }

    public func removing(_ layer: Layer) -> LayerSet {
        LayerSet(rawValue: rawValue & ~(1 << UInt32(layer.rawValue)))
    }

    /// The members in declaration order.
    public var layers: [Layer] { Layer.allCases.filter(contains) }
}
