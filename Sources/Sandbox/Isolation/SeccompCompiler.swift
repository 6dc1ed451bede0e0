import CLinux
internal import CSeccomp
import Glibc
internal import SandboxProtocol

/// Compiles a profile's system calls to a filter, through libseccomp.
///
/// Allowed calls pass; what the profile does not allow gets its errno; numbers newer than libseccomp get ENOSYS, as on
/// an older kernel; another architecture (also x32) ends the process. Source: seccomp(2), seccomp_rule_add(3).
enum SeccompCompiler {
    private typealias Action = FilterInstruction.Action

    /// Whether this machine's architecture has a call of that name.
    static func isKnown(_ name: String) -> Bool { number(of: name) != nil }

    /// The name of a call; of another architecture's table with its name before it, such as `i386:getpid` or
    /// `x32:getpid`. Nil when libseccomp has none of this architecture; of others the number then.
    static func name(of number: Int32, arch: UInt32) -> String? {
        var table = arch
        var prefix = ""
        if arch == 0xc000_003e, number & 0x4000_0000 != 0 {
            // SCMP_ARCH_X32: x32 calls come with the number's bit 30 set and the architecture of x86_64.
            table = 0x4000_003e
            prefix = "x32:"
        } else if arch != seccomp_arch_native() {
            prefix = [0x4000_0003: "i386:", 0x4000_0028: "arm:"][arch] ?? "foreign:"
        }
        guard let name = unsafe seccomp_syscall_resolve_num_arch(table, number) else {
            return prefix.isEmpty ? nil : "\(prefix)number \(number)"
        }
        defer { unsafe free(name) }
        return unsafe prefix + String(cString: name)
    }

    /// The number of a call of this machine's own architecture; nil when it has none of that name.
    static func number(of name: String) -> UInt32? {
        let number = unsafe seccomp_syscall_resolve_name(name)
        return number < 0 ? nil : UInt32(number)
    }

    /// The name of a call of this machine's own architecture.
    static func name(ofNative number: Int32) -> String? { name(of: number, arch: seccomp_arch_native()) }

    /// Every name that this machine's architecture has, in the order of their numbers.
    static let knownNames: [String] = (Int32(0)..<1024).compactMap { number in
        guard let name = unsafe seccomp_syscall_resolve_num_arch(clw_arch_native(), number) else { return nil }
        defer { unsafe free(name) }
        return unsafe String(cString: name)
    }

    /// The filter's instructions, 8 bytes each. Refusals are left open: see ``Template/refusalMarker``.
    /// - Parameter network: also for TCP to declared destinations.
    static func compile(_ policy: SyscallPolicy, network: Bool = false) throws(SandboxError) -> [UInt8] {
        guard let context = unsafe seccomp_init(Action.errno(Template.refusalMarker)) else {
            throw SandboxError(code: .seccomp, detail: "libseccomp could not make a filter")
        }
        defer { unsafe seccomp_release(context) }
        try check(unsafe seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, Action.killProcess))
        // A binary tree: cheaper to install and to pass than one comparison after another.
        try check(unsafe seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2))
        let (tree, rest) = unconditional(policy, network)
        // In the order of their names, so that one policy always gives one filter.
        for (name, grant) in rest.sorted(by: { $0.key < $1.key }) where name != "clone3" {
            // Nil: a call of other architectures only.
            guard let number = number(of: name) else { continue }
            for rule in grant.rules { try unsafe add(context, name, Int32(number), rule, network) }
        }
        // In every profile, so that libc falls back to clone.
        try unsafe add(context, Action.errno(ENOSYS), unsafe seccomp_syscall_resolve_name("clone3"), [])
        let filter = newerNumbersPrologue() + tree + (try unsafe export(context))
        guard filter.count / FilterInstruction.bytes <= Template.filterInstructionsMax else {
            throw SandboxError(
                code: .seccomp,
                detail:
                    "The profile's system calls make a filter of \(filter.count / FilterInstruction.bytes) instructions; "
                    + "\(Template.filterInstructionsMax) are allowed.", fix: "use fewer rules with arguments")
        }
        return filter
    }

    /// The search for calls that are allowed whatever their arguments, and the calls that it leaves to libseccomp.
    private static func unconditional(
        _ policy: SyscallPolicy, _ network: Bool
    ) -> (tree: [UInt8], rest: [String: SyscallGrant]) {
        let whole = policy.calls.filter { name, grant in
            grant.rules.allSatisfy { $0.errno == nil } && grant.isWhole
                && SyscallNarrowing.treatment(of: name, network: network) == .whole
        }
        let numbers = Set(whole.keys.compactMap(number(of:)))
        guard let tree = SyscallTree.instructions(allowing: numbers, arch: seccomp_arch_native()) else {
            return ([], policy.calls)
        }
        return (tree, policy.calls.filter { whole[$0.key] == nil })
    }

    private static func add(
        _ context: scmp_filter_ctx, _ name: String, _ number: Int32, _ rule: SyscallRule,
        _ network: Bool
    ) throws(SandboxError) {
        if let errno = rule.errno { return try unsafe add(context, Action.errno(errno), number, []) }
        switch SyscallNarrowing.treatment(of: name, network: network) {
        case .whole: try unsafe add(context, Action.allow, number, rule.conditions)
        case .only:
            let rows: [[SyscallCondition]]
            do {
                rows = try SyscallNarrowing.rows(of: name, rule.conditions, network: network)
            } catch {
                throw SandboxError(code: .seccomp, detail: error.sentence)
            }
            for row in rows { try unsafe add(context, Action.allow, number, row) }
        case .pretended: try unsafe add(context, Action.errno(0), number, rule.conditions)
        case .absent: try unsafe add(context, Action.errno(ENOSYS), number, [])
        }
    }

    private static func add(
        _ context: scmp_filter_ctx, _ action: UInt32, _ number: Int32, _ conditions: [SyscallCondition]
    ) throws(SandboxError) {
        let comparisons = conditions.map { condition in
            condition.op == .maskedEqual
                ? scmp_arg_cmp(
                    arg: condition.index, op: SCMP_CMP_MASKED_EQ, datum_a: condition.mask, datum_b: condition.value)
                : scmp_arg_cmp(arg: condition.index, op: condition.op.comparison, datum_a: condition.value, datum_b: 0)
        }
        try check(unsafe seccomp_rule_add_array(context, action, number, UInt32(comparisons.count), comparisons))
    }

    private static func check(_ result: Int32) throws(SandboxError) {
        guard result >= 0 else {
            throw SandboxError(code: .seccomp, detail: "libseccomp refused a rule: \(describe(-result))")
        }
    }

    /// A few instructions before libseccomp's: a number of this architecture above every call it knows, and below the x32
    /// range, is ENOSYS.
    private static func newerNumbersPrologue() -> [UInt8] {
        let newest = knownNames.last.flatMap(number(of:)) ?? 0
        let x32: UInt32 = 0x4000_0000
        let instructions: [FilterInstruction] = [
            .load(FilterInstruction.Field.arch), .ifEqual(seccomp_arch_native(), 0, else: 4),
            .load(FilterInstruction.Field.number), .ifAtLeast(newest + 1, 0, else: 2), .ifAtLeast(x32, 1, else: 0),
            .give(Action.errno(ENOSYS)),
        ]
        return instructions.encoded
    }

    private static func export(_ context: scmp_filter_ctx) throws(SandboxError) -> [UInt8] {
        let fd = unsafe clw_memfd_create("seccomp", UInt32(CLW_MFD_CLOEXEC))
        guard fd >= 0 else { throw SandboxError(code: .seccomp, detail: "memfd_create: \(describe(clw_errno()))") }
        defer { close(fd) }
        try check(unsafe seccomp_export_bpf(context, fd))
        let size = Int(lseek(fd, 0, SEEK_END))
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = unsafe max(0, pread(fd, buffer.baseAddress, size, 0))
        }
        guard !bytes.isEmpty, bytes.count == size else {
            throw SandboxError(code: .seccomp, detail: "libseccomp exported an empty filter")
        }
        return bytes
    }
}

extension SyscallCondition.Operator {
    fileprivate var comparison: scmp_compare {
        switch self {
        case .equal: SCMP_CMP_EQ
        case .notEqual: SCMP_CMP_NE
        case .less: SCMP_CMP_LT
        case .lessOrEqual: SCMP_CMP_LE
        case .greaterOrEqual: SCMP_CMP_GE
        case .greater: SCMP_CMP_GT
        case .maskedEqual: SCMP_CMP_MASKED_EQ
        }
    }
}
