internal import SandboxProtocol

/// One key of a profile file. The table of all of them is what the decoder, the JSON Schema and the documents agree on.
package struct ProfileKey: Sendable {
    enum Kind: Sendable {
        case text(bytesMax: Int)
        case path
        case choice([String])
        case flag
        /// `"5s"`, `"250ms"`, `"2min"`, `"1h"`.
        case time
        /// `"256MiB"`.
        case size
        /// `"150%"`.
        case percent
        case count(ClosedRange<Int64>)
        /// 64 bits: a whole number, or a text such as `"0xffffffff"`.
        case bits
        case choices([String])
        case names(countMax: Int)
        case paths
        case destinations
        /// Names and texts of one's own choosing.
        case variables
        /// `[[name]]`, whose keys follow under `name[]`.
        case tables(countMax: Int)
    }

    /// From the outermost table, such as `seccomp.rules[].args[].op`.
    package let path: String
    let kind: Kind
    /// What stands where neither the profile nor what it extends says anything; empty for none.
    package let standard: String
    package let meaning: String
    var isRequired = false

    package var typeName: String {
        switch kind {
        case .text: "text"
        case .path: "absolute path"
        case .choice(let names): names.map { "`\($0)`" }.joined(separator: ", ")
        case .flag: "`true`, `false`"
        case .time: "time: `ms`, `s`, `min`, `h`"
        case .size: "size: `B`, `KiB`, `MiB`, `GiB`"
        case .percent: "`%`"
        case .count: "whole number"
        case .bits: "whole number, or text `\"0x…\"`"
        case .choices, .names: "list of names"
        case .paths: "list of absolute paths"
        case .destinations: "list of `host:port`"
        case .variables: "table of texts"
        case .tables: "tables"
        }
    }

    /// The row of the documents' table.
    package var row: String {
        "| `\(path)` | \(typeName) | \(standard.isEmpty ? "" : "`\(standard)`") | \(meaning) |"
    }
}

extension ProfileKey {
    private static let layers = Layer.allCases.map(\.name)
    static let runtimes = ["exec", "python", "node"]

    /// Every key there is, in the order of the documents.
    package static let all: [ProfileKey] = top + limits + warm + network + seccomp + landlock

    private static let top: [ProfileKey] = [
        ProfileKey(
            path: "extends", kind: .text(bytesMax: 64), standard: "",
            meaning: "another profile; its values stand where this one is silent"),
        ProfileKey(
            path: "description", kind: .text(bytesMax: 1024), standard: "", meaning: "what it is for", isRequired: true),
        ProfileKey(
            path: "reserved", kind: .flag, standard: "false",
            meaning: "is for the daemon's own programs: no skill gets it"),
        ProfileKey(
            path: "runtime", kind: .choice(runtimes), standard: "",
            meaning: "the runtime that it is made for; absent: any"),
        ProfileKey(
            path: "rootfs", kind: .path, standard: "",
            meaning: "a directory of the host whose programs, libraries and files stand in place of the host's own"),
        ProfileKey(
            path: "requires", kind: .choices(layers), standard: "all layers",
            meaning: "layers without which nothing runs"),
        ProfileKey(
            path: "permitDegraded", kind: .choices(layers), standard: "[]",
            meaning: "layers whose absence on this host you accept; every report then says so"),
        ProfileKey(
            path: "tmpExecutable", kind: .flag, standard: "true", meaning: "may programs in /tmp be executed?"),
        ProfileKey(
            path: "env", kind: .variables, standard: "",
            meaning: "added to PATH, HOME=/tmp, TMPDIR=/tmp and LANG=C.UTF-8"),
        ProfileKey(
            path: "mounts", kind: .tables(countMax: 64), standard: "",
            meaning: "more of the host, always read-only; replaces the inherited ones"),
        ProfileKey(
            path: "mounts[].source", kind: .path, standard: "", meaning: "on the host: a directory or a file",
            isRequired: true),
        ProfileKey(
            path: "mounts[].path", kind: .path, standard: "", meaning: "in the sandbox, such as `/opt/models`",
            isRequired: true),
        ProfileKey(
            path: "mounts[].optional", kind: .flag, standard: "false",
            meaning: "is left out where the host does not have it"),
        ProfileKey(path: "mounts[].noExec", kind: .flag, standard: "false", meaning: "nothing in it can be executed"),
    ]

    private static let limits: [ProfileKey] = Limits.fields.map { field in
        let kind: Kind =
            switch field.unit {
            case .milliseconds: .time
            case .bytes: .size
            case .percent: .percent
            case .count: .count(field.range)
            }
        let standard = Limits.describe(Limits.standard[keyPath: field.path], field.unit)
        return ProfileKey(path: "limits.\(field.key)", kind: kind, standard: standard, meaning: field.meaning)
    }

    private static let warm: [ProfileKey] = [
        ProfileKey(
            path: "warm.sandboxes", kind: .count(WarmSettings.sandboxesRange),
            standard: "\(WarmSettings.standard.sandboxesMax)",
            meaning: "how many sandboxes of one kind may be built ahead and wait; 0: every run builds its own"),
        ProfileKey(
            path: "warm.interpreters", kind: .flag, standard: "\(WarmSettings.standard.interpreters)",
            meaning: "may `python3` and `node` be started in them before a skill is known?"),
        ProfileKey(
            path: "warm.skills", kind: .flag, standard: "\(WarmSettings.standard.skills)",
            meaning: "may skills that say `warm = true` be started in them before a request is there?"),
    ]

    private static let network: [ProfileKey] = [
        ProfileKey(
            path: "network.allow", kind: .destinations, standard: "",
            meaning: "what every run may connect to; replaces the inherited list"),
        ProfileKey(
            path: "network.declare", kind: .flag, standard: "true",
            meaning: "may skills declare destinations of their own?"),
    ]

    private static let seccomp: [ProfileKey] = [
        ProfileKey(
            path: "seccomp.groups", kind: .choices(SyscallGroups.all.keys.sorted()), standard: "all but @watch",
            meaning: "replaces all that was inherited"),
        ProfileKey(
            path: "seccomp.import", kind: .text(bytesMax: 256), standard: "",
            meaning: "a Docker or OCI seccomp file, relative to the profile; replaces all that was inherited"),
        ProfileKey(path: "seccomp.allow", kind: .names(countMax: 512), standard: "", meaning: "adds single calls"),
        ProfileKey(path: "seccomp.deny", kind: .names(countMax: 512), standard: "", meaning: "takes single calls away"),
        ProfileKey(
            path: "seccomp.errno", kind: .choice(ErrnoNames.names), standard: "EPERM",
            meaning: "what a refused call returns"),
        ProfileKey(
            path: "seccomp.action", kind: .choice(["errno", "kill"]), standard: "errno",
            meaning: "`kill`: the first refused call ends the run with `syscall_denied`"),
        ProfileKey(
            path: "seccomp.rules", kind: .tables(countMax: 256), standard: "",
            meaning: "all that is to be said about a call, in place of what groups, allow or an import say"),
        ProfileKey(
            path: "seccomp.rules[].syscall", kind: .text(bytesMax: 64), standard: "", meaning: "its name",
            isRequired: true),
        ProfileKey(
            path: "seccomp.rules[].action", kind: .choice(["allow", "errno"]), standard: "allow",
            meaning: "`allow` where all of `args` hold (several rules: where one holds), or an errno of its own"),
        ProfileKey(
            path: "seccomp.rules[].errno", kind: .choice(ErrnoNames.names), standard: "",
            meaning: "with action `errno`: what it returns, without being counted as refused"),
        ProfileKey(
            path: "seccomp.rules[].args", kind: .tables(countMax: 6), standard: "",
            meaning: "comparisons, one an argument"),
        ProfileKey(
            path: "seccomp.rules[].args[].index", kind: .count(0...5), standard: "", meaning: "which argument, from 0",
            isRequired: true),
        ProfileKey(
            path: "seccomp.rules[].args[].op", kind: .choice(SyscallCondition.Operator.allCases.map(\.rawValue)),
            standard: "eq", meaning: "compares all 64 bits; `masked-eq`: those of `mask`"),
        ProfileKey(
            path: "seccomp.rules[].args[].value", kind: .bits, standard: "", meaning: "what it is compared with",
            isRequired: true),
        ProfileKey(
            path: "seccomp.rules[].args[].mask", kind: .bits, standard: "", meaning: "with `masked-eq` only"),
    ]

    private static let landlock: [ProfileKey] = [
        ProfileKey(
            path: "landlock.read", kind: .paths, standard: "the whole tree",
            meaning: "what may be read, in place of the default"),
        ProfileKey(
            path: "landlock.execute", kind: .paths, standard: "programs, libraries, /skill, /tmp, mounts",
            meaning: "what may be executed, in place of the default"),
        ProfileKey(
            path: "landlock.write", kind: .paths, standard: "/dev, /tmp",
            meaning: "what may be written, in place of the default"),
    ]
}
