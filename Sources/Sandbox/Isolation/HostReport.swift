public import Fields
internal import SandboxProtocol

/// What this host can enforce: every layer was tried at start, by building a sandbox.
public struct HostReport: Sendable {
    public enum State: String, Hashable, Sendable {
        case on, degraded, missing
    }

    public struct LayerReport: Hashable, Sendable {
        public let name: String
        public let state: State
        /// Why it is not on; empty when it is.
        public let detail: String
        /// What an operator can do about it; nil when it is on.
        public let fix: String?
    }

    public let kernel: String
    public let rootless: Bool
    /// 0 when the kernel has none.
    public let landlockABI: Int
    /// `none`, `v1` (also beside an empty v2 tree) or `v2`.
    public let cgroups: String
    public let layers: [LayerReport]
    let missing: [Layer: LayerReport]
    let degraded: LayerSet

    init(_ hello: Hello) {
        kernel = hello.kernel
        rootless = hello.rootless
        landlockABI = Int(hello.landlockABI)
        cgroups = hello.cgroupVersion == 0 ? "none" : "v\(hello.cgroupVersion)"
        var missing: [Layer: LayerReport] = [:]
        layers = Layer.allCases.map { layer in
            guard let probe = hello.probes.first(where: { $0.layer == layer }) else {
                return LayerReport(name: layer.name, state: .on, detail: "", fix: nil)
            }
            let reason =
                probe.errno == 0
                ? probe.detail
                : "\(describe(probe.errno)) at \(probe.stage)"
                    + (probe.detail.isEmpty ? "" : ": \(probe.detail)")
            let report = LayerReport(
                name: layer.name, state: probe.errno == 0 ? .degraded : .missing, detail: reason,
                fix: Self.fix(layer))
            if probe.errno != 0 { missing[layer] = report }
            return report
        }
        self.missing = missing
        degraded = LayerSet(hello.probes.filter { $0.errno == 0 }.map(\.layer))
    }

    private static func fix(_ layer: Layer) -> String {
        switch layer {
        case .userNamespace:
            "allow user namespaces: user.max_user_namespaces > 0, kernel.unprivileged_userns_clone = 1 where it exists, "
                + "kernel.apparmor_restrict_unprivileged_userns = 0 on Ubuntu; in a container, a seccomp profile that "
                + "allows clone3 and mount"
        case .memory, .pids, .cpu:
            "run as root, or delegate a cgroup that contains the daemon (systemd: Delegate=memory pids cpu)"
        case .landlock:
            "boot a kernel of 6.1 or later with landlock in the lsm= list"
        case .proc:
            "unmount what covers parts of the host's /proc (containers do that): a user namespace may mount a new proc "
                + "only where the old one is whole"
        case .identity:
            "run as root"
        case .seccomp:
            "boot a kernel with CONFIG_SECCOMP_FILTER"
        default:
            "see what the container or the kernel configuration refuses"
        }
    }

    public var json: JSONValue {
        [
            "kernel": .string(kernel), "rootless": .bool(rootless), "landlockABI": .number(landlockABI),
            "cgroups": .string(cgroups),
            "layers": .array(
                layers.map { layer in
                    var object: JSONObject = [
                        "name": .string(layer.name), "state": .string(layer.state.rawValue),
                    ]
                    if !layer.detail.isEmpty { object["detail"] = .string(layer.detail) }
                    if let fix = layer.fix { object["fix"] = .string(fix) }
                    return .object(object)
                }),
        ]
    }
}
