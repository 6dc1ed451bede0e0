internal import Fields
internal import SandboxProtocol

/// The system calls that a run was refused, by name.
struct Denials: Sendable {
    let counts: [(name: String, count: Int64)]
    /// False where this host could only refuse without telling.
    let named: Bool

    init(_ ended: Ended) {
        counts = ended.denials.map { denial in
            (
                SeccompCompiler.name(of: denial.number, arch: denial.arch) ?? "number \(denial.number)",
                Int64(denial.count)
            )
        }.sorted { $0.count > $1.count }
        named = ended.denialsNamed
    }

    /// Such as `socket ×3, ptrace`; nil when there were none.
    var words: String? {
        counts.isEmpty
            ? nil
            : counts.prefix(5).map { $0.count == 1 ? $0.name : "\($0.name) ×\($0.count)" }.joined(separator: ", ")
                + (counts.count > 5 ? " and \(counts.count - 5) more" : "")
    }

    var json: JSONValue {
        .array(counts.map { ["syscall": .string($0.name), "count": .number($0.count)] })
    }
}
