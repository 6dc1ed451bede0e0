internal import Glibc

/// What /proc tells of the settings that decide about sandboxes. A setting that this kernel does not have is nil.
struct HostFacts: Sendable {
    var uid: UInt32 = 0
    /// `user.max_…_namespaces`, by the middle of the name, such as `user` or `net`.
    var namespacesMax: [String: Int] = [:]
    /// `kernel.unprivileged_userns_clone`: Debian's and Arch's switch.
    var unprivilegedNamespaces: Int?
    /// `kernel.apparmor_restrict_unprivileged_userns`: Ubuntu's switch, since 23.10.
    var appArmorRestriction: Int?
    /// This process lives under a seccomp filter, as a container's do.
    var filtered = false
    var noNewPrivileges = false
    /// What is mounted over parts of /proc.
    var procCovers: [String] = []
    /// Where cgroups are mounted, and whether read-only.
    var cgroupMounts: [(path: String, readOnly: Bool)] = []
    /// This process's own cgroup on the unified tree, such as `/user.slice`; nil when there is none.
    var cgroup: String?

    static var current: HostFacts {
        var facts = HostFacts()
        facts.uid = geteuid()
        for name in ["user", "mnt", "pid", "ipc", "uts", "net", "cgroup"] {
            facts.namespacesMax[name] = number("/proc/sys/user/max_\(name)_namespaces")
        }
        facts.unprivilegedNamespaces = number("/proc/sys/kernel/unprivileged_userns_clone")
        facts.appArmorRestriction = number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
        facts.read(status: text("/proc/self/status"))
        facts.read(mountinfo: text("/proc/self/mountinfo"))
        facts.cgroup = text("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::") }
            .map { String($0.dropFirst(3)) }
        return facts
    }

    /// proc(5), /proc/pid/status.
    mutating func read(status: String) {
        for line in status.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 1)
            guard fields.count == 2 else { continue }
            let value = fields[1].filter(\.isNumber)
            if fields[0] == "Seccomp" { filtered = value == "2" }
            if fields[0] == "NoNewPrivs" { noNewPrivileges = value == "1" }
        }
    }

    /// proc(5), /proc/pid/mountinfo.
    mutating func read(mountinfo: String) {
        for line in mountinfo.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let separator = fields.firstIndex(of: "-"), separator >= 6, fields.count > separator + 1 else {
                continue
            }
            let (path, type) = (String(fields[4]), fields[separator + 1])
            if path.hasPrefix("/proc/"), path != "/proc/sys/fs/binfmt_misc" { procCovers.append(path) }
            if type == "cgroup" || type == "cgroup2" {
                let readOnly = fields[5].split(separator: ",").contains("ro")
                cgroupMounts.append((path, readOnly))
            }
        }
    }

    private static func number(_ path: String) -> Int? {
        Int(text(path).filter { !$0.isWhitespace })
    }

    /// At most 64 KiB; empty when it cannot be read.
    static func text(_ path: String) -> String {
        let fd = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return "" }
        defer { close(fd) }
        var bytes: [UInt8] = []
        while bytes.count < 64 * 1024 {
            let part = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                count = unsafe max(0, Glibc.read(fd, buffer.baseAddress, buffer.count))
            }
            if part.isEmpty { break }
            bytes += part
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
