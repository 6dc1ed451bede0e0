import Glibc

/// One mounted cgroup hierarchy of the host.
struct CgroupMount {
    /// Where it is mounted.
    let path: String
    /// The cgroup that is seen there; not `/` where a container shows only its own part of the tree.
    let root: String
    let unified: Bool
    let controllers: Set<Substring>

    /// Parses /proc/self/mountinfo (proc(5)).
    static func all(mountinfo: String) -> [CgroupMount] {
        mountinfo.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard let separator = fields.firstIndex(of: "-"), separator >= 5, fields.count >= separator + 4 else {
                return nil
            }
            let type = fields[separator + 1]
            guard type == "cgroup" || type == "cgroup2" else { return nil }
            return CgroupMount(
                path: String(fields[4]), root: String(fields[3]), unified: type == "cgroup2",
                controllers: Set(fields[separator + 3].split(separator: ",")))
        }
    }

    /// The directory of a cgroup that /proc/self/cgroup names; nil when it is not below what is mounted.
    func directory(of cgroup: String) -> String? {
        let inside: Substring
        if root == "/" {
            inside = cgroup[...]
        } else {
            guard cgroup == root || cgroup.hasPrefix(root + "/") else { return nil }
            inside = cgroup.dropFirst(root.count)
        }
        guard !inside.split(separator: "/").contains("..") else { return nil }
        return inside == "/" ? path : path + inside
    }
}

/// Controller → the caller's cgroup, as /proc/self/cgroup names it; "" is the unified tree's. cgroups(7).
func ownCgroups(_ text: String) -> [String: String] {
    var cgroups: [String: String] = [:]
    for line in text.split(separator: "\n") {
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { continue }
        for controller in fields[1].split(separator: ",") { cgroups[String(controller)] = String(fields[2]) }
        if fields[1].isEmpty { cgroups[""] = String(fields[2]) }
    }
    return cgroups
}
