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

    /// Why no sandbox can be built here at all, and nothing else was tried; nil where one can.
    public let obstacle: LayerReport?

    init(_ hello: Hello, facts: HostFacts = .current) {
        kernel = hello.kernel
        rootless = hello.rootless
        landlockABI = Int(hello.landlockABI)
        cgroups = hello.cgroupVersion == 0 ? "none" : "v\(hello.cgroupVersion)"
        let fix = HostFix(facts: facts, rootless: hello.rootless, cgroupVersion: hello.cgroupVersion)
        var missing: [Layer: LayerReport] = [:]
        layers = Layer.allCases.map { layer in
            guard let probe = hello.probes.first(where: { $0.layer == layer }) else {
                return hello.usable
                    ? LayerReport(name: layer.name, state: .on, detail: "", fix: nil)
                    : LayerReport(
                        name: layer.name, state: .missing, detail: "not tried, because no sandbox can be built here",
                        fix: nil)
            }
            let reason =
                probe.errno == 0
                ? probe.detail
                : "\(describe(probe.errno)) at \(probe.stage)"
                    + (probe.detail.isEmpty ? "" : ": \(probe.detail)")
            let report = LayerReport(
                name: layer.name, state: probe.errno == 0 ? .degraded : .missing, detail: reason,
                fix: fix.text(probe))
            if probe.errno != 0 { missing[layer] = report }
            return report
        }
        obstacle = hello.usable ? nil : hello.probes.first.flatMap { missing[$0.layer] }
        self.missing = missing
        degraded = LayerSet(hello.probes.filter { $0.errno == 0 }.map(\.layer))
    }

    public var json: JSONValue {
        [
            "usable": .bool(obstacle == nil), "kernel": .string(kernel), "rootless": .bool(rootless),
            "landlockABI": .number(landlockABI),
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
