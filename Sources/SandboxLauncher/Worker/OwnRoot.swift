import CLinux
import Glibc
import SandboxProtocol

/// Without root: one user namespace for the launcher, in which it is root and may make the sandboxes' own. Its network
/// namespace goes with it, so that it may later enter network namespaces that it made.
enum OwnRoot {
    /// Returns why only one id is mapped; empty when subordinate ids are, too.
    static func become() throws(LaunchError) -> String {
        let (uid, gid) = (geteuid(), getegid())
        var shortfall = ""
        var helpers: [MapHelper] = []
        switch SubordinateIDs.find(uid: uid) {
        case .found(let users, let groups):
            // Before we leave: only somebody in the namespace around may map more than one id.
            for (program, own, first) in [
                ("newuidmap", uid, users.lowerBound), ("newgidmap", gid, groups.lowerBound),
            ] {
                helpers.append(try MapHelper(program, [0, own, 1, 1, first, UInt32(users.count)]))
            }
        case .none(let reason):
            shortfall = reason
        }
        try check(clw_unshare(Int32(CLW_NEWUSER | CLW_NEWNS | CLW_NEWNET)), .clone, "user namespace")
        // Only root may write the maps of what is not dumpable, our children's too. Who could read our memory by this
        // is the user that we are; sandboxes make themselves undumpable once they are mapped.
        _ = clw_prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
        for helper in helpers where !helper.run() {
            shortfall = "\(helper.program) refused the range of /etc/subuid and /etc/subgid"
        }
        // What no helper mapped: the one id that we may map ourselves.
        for (file, text) in [("setgroups", "deny"), ("uid_map", "0 \(uid) 1\n"), ("gid_map", "0 \(gid) 1\n")] {
            let name = "/proc/self/" + file
            if file != "setgroups", HostFiles.read(name)?.isEmpty == false { continue }
            if file == "setgroups", HostFiles.read("/proc/self/gid_map")?.isEmpty == false { continue }
            let error = HostFiles.write(text, to: name)
            guard error == 0 else { throw LaunchError(stage: .idMap, errno: error, subject: file) }
        }
        return shortfall
    }
}

/// A child that stays outside and executes newuidmap(1) or newgidmap(1) for us once we are inside.
struct MapHelper {
    let program: String
    private let pidfd: Int32
    /// Its way to know that we are inside; end of file means that we have died.
    private let start: Int32

    /// `map` are triples of the id inside, the id outside, and how many.
    init(_ program: String, _ map: [UInt32]) throws(LaunchError) {
        self.program = program
        let path = CStrings([SubordinateIDs.folder + program])
        let arguments = CStrings([program, "\(getpid())"] + map.map(String.init))
        let environment = CStrings([])
        var pair: [Int32] = [-1, -1]
        try check(unsafe clw_socketpair(&pair), .idMap, program)
        var pidfd: Int32 = -1
        let pid = unsafe clw_clone3(0, -1, &pidfd)
        if pid == 0 {
            close(pair[1])
            var go: UInt8 = 0
            if unsafe read(pair[0], &go, 1) != 1 { _exit(1) }
            // A set-user-id program gets nothing of ours: not the daemon's socket, nor its standard error.
            let null = unsafe open("/dev/null", O_RDWR)
            for target: Int32 in 0...2 { dup2(null, target) }
            _ = clw_close_range(3, UInt32.max, 0)
            clw_default_signals()
            _ = clw_unblock_all_signals()
            _ = unsafe execve(path[0], arguments.pointers, environment.pointers)
            _exit(127)
        }
        let error = clw_errno()
        close(pair[0])
        guard pid > 0 else {
            close(pair[1])
            throw LaunchError(stage: .clone, errno: error, subject: program)
        }
        (start, self.pidfd) = (pair[1], pidfd)
    }

    /// Lets it go and waits; true when it has mapped.
    func run() -> Bool {
        var go: UInt8 = 1
        _ = unsafe clw_send(start, &go, 1, nil, 0, 0)
        var status: Int32 = 0
        let reaped = unsafe clw_wait_pidfd(pidfd, 0, &status)
        close(start)
        close(pidfd)
        return reaped > 0 && status == 0
    }
}
