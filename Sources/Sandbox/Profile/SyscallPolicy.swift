/// Which system calls a profile allows, and what the others get.
struct SyscallPolicy: Hashable, Sendable {
    /// The groups in force.
    var groups: [Placed<String>] = []
    /// Every call that gets anything but the refusal, by name.
    var calls: [String: SyscallGrant] = [:]
    /// Calls that were taken away by name, and where.
    var denied: [String: ProfilePlace] = [:]
    /// The errno of a refused call.
    var refusal: Int32
    /// The first refused call ends the run.
    var kills = false

    /// The calls that can succeed, in some form.
    var allowed: Set<String> { Set(calls.filter { $0.value.allows }.keys) }

    /// Whether both allow the same, wherever it was written.
    func grantsSame(as other: SyscallPolicy) -> Bool {
        refusal == other.refusal && kills == other.kills
            && calls.mapValues { Set($0.rules) } == other.calls.mapValues { Set($0.rules) }
    }
}

/// What one call may do, and who says so.
struct SyscallGrant: Hashable, Sendable {
    enum Origin: Hashable, Sendable {
        /// Nothing starts without it.
        case required
        case group(String, ProfilePlace?)
        case allow(ProfilePlace)
        case rule(ProfilePlace)
        /// From a list in another format.
        case imported(ProfilePlace)
    }

    /// It is allowed where one of them holds.
    var rules: [SyscallRule]
    var origin: Origin

    var allows: Bool { rules.contains { $0.errno == nil } }
    /// Allowed with every argument that the floor lets through.
    var isWhole: Bool { rules.contains { $0.errno == nil && $0.conditions.isEmpty } }

    static func whole(_ origin: Origin) -> SyscallGrant {
        SyscallGrant(rules: [SyscallRule()], origin: origin)
    }
}

struct SyscallRule: Hashable, Sendable {
    /// All of them must hold.
    var conditions: [SyscallCondition] = []
    /// Nil: the call is carried out. Else it returns this, and is not counted as refused.
    var errno: Int32?
}

/// A comparison of one argument, all 64 bits of it.
struct SyscallCondition: Hashable, Sendable {
    enum Operator: String, CaseIterable, Sendable {
        case equal = "eq"
        case notEqual = "ne"
        case less = "lt"
        case lessOrEqual = "le"
        case greaterOrEqual = "ge"
        case greater = "gt"
        /// The bits of `mask` equal `value`.
        case maskedEqual = "masked-eq"
    }

    var index: UInt32
    var op: Operator
    var value: UInt64
    /// For ``Operator/maskedEqual``.
    var mask: UInt64 = .max

    /// Such as `argument 1 & 0xff == 0x2`.
    var words: String {
        func hex(_ value: UInt64) -> String { value < 10 ? "\(value)" : "0x" + String(value, radix: 16) }
        let sign =
            switch op {
            case .equal: "=="
            case .notEqual: "!="
            case .less: "<"
            case .lessOrEqual: "<="
            case .greaterOrEqual: ">="
            case .greater: ">"
            case .maskedEqual: mask == .max ? "==" : "& \(hex(mask)) =="
            }
        return "argument \(index) \(sign) \(hex(value))"
    }
}

extension SyscallRule {
    var words: String {
        conditions.isEmpty ? "any arguments" : conditions.map(\.words).joined(separator: " and ")
    }
}
