internal import SandboxProtocol

/// Looks for what is dangerous, contradictory or without effect in a profile's own file. What it inherits is found in the
/// file that says it.
package struct ProfileLint {
    let profile: Profile
    private(set) var findings: [LintFinding] = []

    /// In the order of the file.
    package static func findings(_ profile: Profile) -> [LintFinding] {
        var lint = ProfileLint(profile: profile)
        lint.layers()
        lint.environment()
        lint.tree()
        lint.limits()
        lint.syscalls()
        return lint.findings.enumerated().sorted {
            ($0.element.place?.line ?? 0, $0.offset) < ($1.element.place?.line ?? 0, $1.offset)
        }.map(\.element)
    }

    mutating func add(
        _ severity: LintFinding.Severity, _ code: String, _ place: ProfilePlace?, _ what: String, risk: String,
        fix: String
    ) {
        findings.append(
            LintFinding(
                severity, code, place ?? ProfilePlace(file: profile.file, line: nil), what, risk: risk, fix: fix))
    }

    /// What the profile's own file says under a key.
    func statements(_ key: String) -> [ProfileStatement] { profile.statements.filter { $0.key == key } }

    func states(_ key: String) -> Bool { !statements(key).isEmpty }

    // MARK: Layers

    /// Without one of these there is no sandbox to speak of.
    private static let walls: LayerSet = LayerSet([
        .userNamespace, .mountNamespace, .pidNamespace, .networkNamespace, .root, .seccomp, .capabilities,
        .noNewPrivileges,
    ])

    private mutating func layers() {
        for statement in statements("permitDegraded") {
            guard let layer = Layer(name: statement.value) else { continue }
            add(
                Self.walls.contains(layer) ? .error : .warning, "degraded-layer", statement.place,
                "runs go on where the host lacks the layer \(layer.name)",
                risk: Self.risk(without: layer),
                fix: "Remove it from permitDegraded; `clawrunner doctor` says what the host needs.")
        }
        guard let place = profile.places["requires"], place.file == profile.file else { return }
        let missing = Layer.allCases.filter { !profile.requires.contains($0) }
        guard !missing.isEmpty else { return }
        add(
            missing.contains(where: Self.walls.contains) ? .error : .warning, "layer-not-required", place,
            "requires leaves out \(missing.map(\.name).joined(separator: ", "))",
            risk: "Where the host lacks them, runs go on without, and only the report tells.",
            fix: "Remove requires: without it all layers are required.")
    }

    private static func risk(without layer: Layer) -> String {
        switch layer {
        case .memory, .pids, .cpu: "A skill can then take the host's \(layer.name) from the others."
        case .seccomp: "Every system call of the kernel is then within a skill's reach."
        case .root, .mountNamespace: "A skill then sees the host's files."
        case .networkNamespace: "A skill then reaches the host's network."
        default: "A wall that the other layers lean on is then missing."
        }
    }

    // MARK: Environment

    private mutating func environment() {
        let secrets = ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL"]
        for statement in profile.statements where statement.key.hasPrefix("env.") {
            let name = String(statement.key.dropFirst(4))
            if secrets.contains(where: name.uppercased().contains) {
                add(
                    .warning, "secret-in-env", statement.place, "\(name) looks like a secret",
                    risk: "Every skill of this profile can read it, and so can whoever reads the file.",
                    fix: "Leave it out; secrets belong to the skill that needs them.")
            }
            if name.hasPrefix("LD_") {
                add(
                    .warning, "loader-variable", statement.place, "\(name) changes how every program is loaded",
                    risk: "A program may get other libraries than those that were tested.",
                    fix: "Remove it, or set it in the one program that needs it.")
            }
        }
    }
}
