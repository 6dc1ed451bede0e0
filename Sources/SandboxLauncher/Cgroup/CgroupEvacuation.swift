import CLinux
import Glibc
import SandboxProtocol

/// Moves this launcher and the processes that started it from a cgroup into a leaf below it. On version 2 a cgroup that
/// holds processes cannot give controllers to its children, and a service manager or container puts the daemon right
/// into the cgroup that it delegates.
struct CgroupEvacuation {
    /// The cgroup's directory, and the name of the leaf to be made in it.
    let base: String
    let leaf: String
    /// Where the host's /proc is seen.
    let proc: String

    /// Nil when the cgroup is empty now; else why not. Only our own ancestors are moved: other processes there were put
    /// by somebody who may count on their place.
    func run() -> (errno: Int32, detail: String)? {
        let held = processes(in: base)
        let ours = ancestors()
        if let stranger = held.first(where: { !ours.contains($0) }) {
            return (
                EBUSY,
                "\(base) holds process \(stranger) beside the daemon, so it cannot give controllers to children; "
                    + "start the daemon in a cgroup of its own"
            )
        }
        let directory = base + "/" + leaf
        guard unsafe mkdir(directory, 0o755) == 0 || errno == EEXIST else {
            return (clw_errno(), "no cgroup can be made at \(base)")
        }
        for pid in held {
            let error = HostFiles.write("\(pid)", to: directory + "/cgroup.procs")
            // A process that has ended needs no place.
            guard error == 0 || error == ESRCH else {
                return (error, "process \(pid) cannot be moved from \(base) into \(leaf)")
            }
        }
        return nil
    }

    private func processes(in directory: String) -> [pid_t] {
        (HostFiles.read(directory + "/cgroup.procs") ?? "").split(separator: "\n").compactMap { pid_t($0) }
    }

    /// This process, its parent, and so on up.
    private func ancestors() -> Set<pid_t> {
        var found: Set<pid_t> = []
        var pid = getpid()
        while pid > 0, found.insert(pid).inserted {
            // Behind the name in brackets: the state and the parent. proc(5).
            let fields = (HostFiles.read("\(proc)/\(pid)/stat") ?? "").split(separator: ")").last?.split(separator: " ")
            pid = fields.flatMap { $0.count > 1 ? pid_t($0[1]) : nil } ?? 0
        }
        return found
    }
}
