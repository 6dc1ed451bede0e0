import CCap
import CLinux
import Glibc
import SandboxProtocol

/// PID 2 of a sandbox: gives up everything and executes the program. It works on pid 1's memory, which waits for it.
enum Entry {
    static func run(_ plan: ChildPlan, program: Int, status: Int32) -> Never {
        let layers = plan.layers
        if layers.contains(.session), setsid() < 0 { fail(.session, status) }
        setLimits(plan, status)
        if layers.contains(.identity) { takeIdentity(plan, status) }
        if layers.contains(.capabilities) { dropCapabilities(status) }
        if layers.contains(.noNewPrivileges), clw_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 {
            fail(.noNewPrivileges, status)
        }
        umask(0o022)
        if unsafe chdir(layers.contains(.root) ? "/skill" : "/") != 0 { fail(.chdir, status) }
        if layers.contains(.signals), clw_unblock_all_signals() != 0 { fail(.signals, status) }
        // After the working directory and before seccomp, which refuses these calls to some profiles.
        if layers.contains(.landlock) { restrictFiles(plan, status) }
        if layers.contains(.descriptors), clw_close_range(3, UInt32.max, UInt32(CLOSE_RANGE_CLOEXEC)) != 0 {
            fail(.descriptors, status)
        }
        // Last: what comes before needs more than the program may.
        if layers.contains(.seccomp) { installFilter(plan, program, status) }
        if plan.dryRun { _exit(0) }
        _ = unsafe execve(plan.programs[program], plan.arguments.pointers, plan.environment.pointers)
        // The file is there, but what it names in its first line, or its loader, is not.
        if errno == ENOENT { errno = ELIBACC }
        fail(.exec, status)
    }

    private static func fail(_ stage: Stage, _ status: Int32) -> Never {
        var failure = EntryFailure(stage: stage.rawValue, errno: clw_errno())
        _ = unsafe write(status, &failure, MemoryLayout<EntryFailure>.size)
        _exit(127)
    }

    private static func setLimits(_ plan: ChildPlan, _ status: Int32) {
        // One byte, not none: where core_pattern names a program, the kernel starts it, as root, for every other value
        // (core(5)). Too little for a file, too.
        if plan.layers.contains(.coreDumps), clw_setrlimit(Int32(RLIMIT_CORE_ID), 1, 1) != 0 { fail(.rlimits, status) }
        guard plan.layers.contains(.rlimits) else { return }
        let limits = plan.limits
        // A backstop behind the cgroup's count: whole seconds, per process.
        let cpuSeconds = (limits.cpuMilliseconds + 999) / 1000 + 1
        let values: [(Int, UInt64)] = [
            (RLIMIT_NOFILE_ID, limits.openFiles), (RLIMIT_FSIZE_ID, limits.fileSizeBytes),
            (RLIMIT_MEMLOCK_ID, 64 * 1024), (RLIMIT_MSGQUEUE_ID, 0),
            // Counted for the host's users, whatever the namespace.
            (RLIMIT_SIGPENDING_ID, 1024), (RLIMIT_NICE_ID, 0), (RLIMIT_RTPRIO_ID, 0),
        ]
        for (resource, value) in values where clw_setrlimit(Int32(resource), value, value) != 0 {
            fail(.rlimits, status)
        }
        // The soft limit sends SIGXCPU, which tells; the hard one ends a program that catches it.
        if clw_setrlimit(Int32(RLIMIT_CPU_ID), cpuSeconds, cpuSeconds + 1) != 0 { fail(.rlimits, status) }
        // Without the cgroup these are the only limits; they hold per process and per user.
        if !plan.layers.contains(.memory),
            clw_setrlimit(Int32(RLIMIT_AS_ID), limits.memoryBytes, limits.memoryBytes) != 0
        {
            fail(.rlimits, status)
        }
        if !plan.layers.contains(.pids), clw_setrlimit(Int32(RLIMIT_NPROC_ID), limits.pidsMax, limits.pidsMax) != 0 {
            fail(.rlimits, status)
        }
    }

    private static func takeIdentity(_ plan: ChildPlan, _ status: Int32) {
        if plan.ownIDs, clw_setgroups_none() != 0 { fail(.identity, status) }
        guard clw_setresgid(plan.skillID) == 0, clw_setresuid(plan.skillID) == 0 else { fail(.identity, status) }
        // It is pid 1's memory still, and a change of user may open it (fs.suid_dumpable, proc(5)).
        _ = clw_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    }

    private static func dropCapabilities(_ status: Int32) {
        guard clw_prctl(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0) == 0, let none = unsafe cap_init()
        else { fail(.capabilities, status) }
        guard unsafe cap_set_proc(none) == 0 else { fail(.capabilities, status) }
        _ = unsafe cap_free(UnsafeMutableRawPointer(none))
    }

    private static func restrictFiles(_ plan: ChildPlan, _ status: Int32) {
        let landlock = plan.landlock
        let ruleset = clw_landlock_create(
            landlock.handledFiles, landlock.handledNetwork, landlock.scopes, landlock.abi)
        guard ruleset >= 0 else { fail(.landlock, status) }
        for index in 0..<landlock.paths.count {
            let path = unsafe open(landlock.paths[index], Int32(CLW_O_PATH) | O_CLOEXEC)
            // What the host does not have needs no permission.
            if path < 0, errno == ENOENT { continue }
            guard path >= 0 else { fail(.landlock, status) }
            let access = landlock.allowed[index]
            // Most are directories; what only they can allow is an error on a file.
            guard
                clw_landlock_allow_path(ruleset, path, access) == 0
                    || errno == EINVAL
                        && clw_landlock_allow_path(ruleset, path, access & LandlockPlan.fileBits) == 0
            else { fail(.landlock, status) }
            close(path)
        }
        if landlock.handledNetwork != 0 {
            for port in plan.ports where clw_landlock_allow_port(ruleset, port, LandlockPlan.connectPort) != 0 {
                fail(.landlock, status)
            }
        }
        guard clw_landlock_restrict(ruleset) == 0 else { fail(.landlock, status) }
        close(ruleset)
    }

    /// With refusals that ask pid 1, which gets the listener; where that cannot be, with refusals that only say no.
    private static func installFilter(_ plan: ChildPlan, _ program: Int, _ status: Int32) {
        var listener = unsafe (plan.observes ? plan.observerFilters[program] : plan.askingFilter).withUnsafeBytes {
            bytes in
            unsafe clw_seccomp_install_listener(bytes.baseAddress, UInt16(bytes.count / 8))
        }
        if listener >= 0 {
            var nothing: UInt8 = 0
            // Allowed by every profile, like what follows until the program runs.
            if unsafe clw_send(status, &nothing, 1, &listener, 1, 0) != 1 { fail(.seccomp, status) }
        } else if plan.observes {
            fail(.seccomp, status)
        }
        // An observed program has the profile's own filter as well.
        if listener >= 0, !plan.observes { return }
        let result = unsafe plan.filter.withUnsafeBytes { bytes in
            unsafe clw_seccomp_install(bytes.baseAddress, UInt16(bytes.count / 8), 0)
        }
        guard result == 0 else { fail(.seccomp, status) }
    }
}
