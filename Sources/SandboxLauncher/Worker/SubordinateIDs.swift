import CLinux
import Glibc

/// Ranges of ids that belong to a user beside the own one. subuid(5), subgid(5).
enum SubordinateIDs {
    /// Ranges of equal length.
    case found(users: Range<UInt32>, groups: Range<UInt32>)
    case none(reason: String)

    /// Where the programs are that map them.
    static let folder = "/usr/bin/"
    /// Two for each run that is alive; more have no use.
    private static let countMax: UInt32 = 1 << 17

    static func find(uid: uid_t) -> SubordinateIDs {
        for program in ["newuidmap", "newgidmap"] where unsafe access(folder + program, X_OK) != 0 {
            return .none(reason: "\(folder)\(program) is not there")
        }
        guard clw_prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 else {
            return .none(reason: "no_new_privs is set, so newuidmap has no effect")
        }
        let names = ["\(uid)", loginName(uid)].compactMap { $0 }
        guard let users = largest(of: names, in: "/etc/subuid") else { return .none(reason: missing("/etc/subuid")) }
        guard let groups = largest(of: names, in: "/etc/subgid") else { return .none(reason: missing("/etc/subgid")) }
        let count = min(users.count, groups.count, countMax)
        return .found(
            users: users.first..<users.first + count, groups: groups.first..<groups.first + count)
    }

    private static func missing(_ file: String) -> String { "\(file) has no range for this user" }

    /// Lines of `name or id:first:count`; nil when none has room for a sandbox's two ids.
    private static func largest(of names: [String], in file: String) -> (first: UInt32, count: UInt32)? {
        var best: (first: UInt32, count: UInt32)?
        for line in (HostFiles.read(file) ?? "").split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 3, names.contains(String(fields[0])), let first = UInt32(fields[1]),
                let count = UInt32(fields[2]), count >= 2, first > 0, !first.addingReportingOverflow(count).overflow
            else { continue }
            if count > best?.count ?? 0 { best = (first, count) }
        }
        return best
    }

    /// From /etc/passwd alone: a static program cannot load what other sources need.
    private static func loginName(_ uid: uid_t) -> String? {
        for line in (HostFiles.read("/etc/passwd") ?? "").split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count >= 3, fields[2] == "\(uid)" { return String(fields[0]) }
        }
        return nil
    }
}
