import CCap
import CLinux
import Glibc
import SandboxProtocol

/// PID 2 of a sandbox: gives up everything and executes the program. It works on pid 1's memory, which waits for it.
enum Entry {
    static func run(_ call: EntryCall) -> Never {
        let (plan, status) = (call.plan, call.status)
        let layers = plan.layers
        if plan.start == .interpreter || plan.start == .program { announce(status) }
        if layers.contains(.session), setsid() < 0 { fail(.session, status) }
        if !plan.processLimits.take() { fail(.rlimits, status) }
        if layers.contains(.identity) { takeIdentity(plan, status) }
        if layers.contains(.capabilities) { dropCapabilities(status) }
        if layers.contains(.noNewPrivileges), clw_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 {
            fail(.noNewPrivileges, status)
        }
        umask(0o022)
        if unsafe chdir(layers.contains(.root) ? "/skill" : "/") != 0 { fail(.chdir, status) }
        if layers.contains(.signals), clw_unblock_all_signals() != 0 { fail(.signals, status) }
        if let order = call.order { awaitRun(plan, order, status) }
        // After the working directory and before seccomp, which refuses these calls to some profiles.
        if layers.contains(.landlock) { restrict(by: makeRuleset(plan, status), status) }
        if plan.start == .interpreter, dup2(Descriptor.order, Descriptor.interpreterOrder) < 0 {
            fail(.descriptors, status)
        }
        closeDescriptors(plan, from: plan.start == .interpreter ? Descriptor.interpreterOrder + 1 : 3, status)
        // Last: what comes before needs more than the program may.
        if layers.contains(.seccomp) { installFilter(plan, call.program, status) }
        if plan.dryRun { _exit(0) }
        _ = unsafe execve(
            plan.programs[call.program], plan.arguments.pointers, plan.environment.pointers)
        failToExecute(status)
    }

    /// Seals all that does not depend on the run, waits for it, and executes its program.
    ///
    /// Pid 1 waits for us and can answer no question of the filter: where it is installed before the run is known, it
    /// allows what follows it here.
    private static func awaitRun(_ plan: ChildPlan, _ order: OrderBuffer, _ status: Int32) -> Never {
        let ruleset = plan.layers.contains(.landlock) ? makeRuleset(plan, status) : -1
        closeDescriptors(plan, from: 3, status)
        let filters = plan.layers.contains(.seccomp)
        if filters, plan.filtersEarly { installFilter(plan, 0, status) }
        announce(status)
        var skill: Int32 = -1
        let length = order.receive(Descriptor.control, &skill)
        if length == 0 { _exit(0) }
        guard let command = order.command(length) else {
            errno = EBADMSG
            fail(.dispatch, status)
        }
        if ruleset >= 0 {
            if skill >= 0, clw_landlock_allow_path(ruleset, skill, plan.landlock.skillAccess) != 0 {
                fail(.landlock, status)
            }
            restrict(by: ruleset, status)
        }
        if skill >= 0, fchdir(skill) != 0 { fail(.chdir, status) }
        if filters, !plan.filtersEarly { installFilter(plan, 0, status) }
        _ = unsafe execve(command.program, command.arguments, command.environment)
        failToExecute(status)
    }

    /// One byte for the worker: where we have come to, and with it our pid.
    private static func announce(_ status: Int32) {
        var here: UInt8 = 1
        if unsafe clw_send(Descriptor.control, &here, 1, nil, 0, 0) != 1 { fail(.initProcess, status) }
    }

    private static func failToExecute(_ status: Int32) -> Never {
        // The file is there, but what it names in its first line, or its loader, is not.
        if errno == ENOENT { errno = ELIBACC }
        fail(.exec, status)
    }

    /// From the first that the program does not get; they close when it is executed.
    private static func closeDescriptors(_ plan: ChildPlan, from first: Int32, _ status: Int32) {
        guard plan.layers.contains(.descriptors) else { return }
        if clw_close_range(UInt32(first), UInt32.max, UInt32(CLOSE_RANGE_CLOEXEC)) != 0 { fail(.descriptors, status) }
    }

    private static func fail(_ stage: Stage, _ status: Int32) -> Never {
        var failure = EntryFailure(stage: stage.rawValue, errno: clw_errno())
        _ = unsafe write(status, &failure, MemoryLayout<EntryFailure>.size)
        _exit(127)
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

    private static func makeRuleset(_ plan: ChildPlan, _ status: Int32) -> Int32 {
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
        return ruleset
    }

    /// It closes when the program is executed: to close it here could be refused by the filter.
    private static func restrict(by ruleset: Int32, _ status: Int32) {
        guard clw_landlock_restrict(ruleset) == 0 else { fail(.landlock, status) }
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
