import CCap
import CLinux
import Glibc
import SandboxProtocol

/// PID 1 of a sandbox: builds the tree, starts the program as PID 2, reaps, and reports. It has another uid than the
/// program and is not dumpable, so the program can neither trace nor signal it. Ends everything when the worker goes.
enum Init {
    static func run(_ plan: ChildPlan) -> Never {
        joinCgroup(plan)
        takeDescriptors(plan.bootstrap)
        if plan.layers.contains(.cgroupNamespace), clw_unshare(Int32(CLW_NEWCGROUP)) != 0 { fail(.cgroupNamespace) }
        // All that needs no mapped id is done while the worker writes the maps.
        if plan.layers.contains(.capabilities) { dropBoundingSet() }
        copyTree(plan)
        awaitStart()
        takeIdentity(plan)
        completeTree(plan)
        if plan.layers.contains(.utsNamespace),
            unsafe clw_sethostname(plan.hostname[0], strlen(plan.hostname[0])) != 0
        {
            fail(.hostname)
        }
        Supervisor.run(plan, sealed: clw_monotonic_ns())
    }

    /// Reports and ends; before the program runs there is nothing to kill.
    static func fail(_ stage: Stage) -> Never {
        var report = InitReport()
        report.fail(stage, clw_errno())
        send(report)
    }

    static func send(
        _ report: InitReport, _ denials: [Ended.Denial] = [], _ observation: Observation? = nil
    ) -> Never {
        let packet = InitReport.packet(report, denials, observation)
        _ = unsafe clw_send(Descriptor.control, packet, packet.count, nil, 0, 0)
        // The kernel takes the namespaces apart when we end, which is not for now: somebody waits for the answer.
        while awaitWord() {}
        _exit(0)
    }

    /// Version 1: whoever writes joins; moving a process from outside costs tens of milliseconds at times.
    private static func joinCgroup(_ plan: ChildPlan) {
        var zero = UInt8(ascii: "0")
        for fd in plan.bootstrap.cgroupJoins where unsafe write(fd, &zero, 1) != 1 {
            // Before the descriptors are in their places.
            var report = InitReport()
            report.fail(.cgroupJoin, clw_errno())
            let packet = InitReport.packet(report, [], nil)
            _ = unsafe clw_send(plan.bootstrap.control, packet, packet.count, nil, 0, 0)
            _exit(0)
        }
    }

    /// Puts ours in fixed places and closes every other descriptor of the worker, other sandboxes' among them.
    private static func takeDescriptors(_ bootstrap: ChildPlan.Bootstrap) {
        // All sources are above the targets 0...3, and only 4 can be both, when it is already moved.
        for (target, source) in bootstrap.standardIO.enumerated() { dup2(source, Int32(target)) }
        dup2(bootstrap.control, Descriptor.control)
        // Of the two there is one at most.
        let fourth = max(bootstrap.skillTree, bootstrap.order)
        if fourth >= 0 { dup2(fourth, Descriptor.skillTree) }
        _ = clw_close_range(fourth >= 0 ? 5 : 4, UInt32.max, 0)
    }

    /// The worker says so when our ids are mapped.
    private static func awaitStart() {
        if !awaitWord() { _exit(0) }
    }

    /// False at end of file: the worker has let us go, or has died.
    private static func awaitWord() -> Bool {
        var word: UInt8 = 0
        while true {
            let count = unsafe read(Descriptor.control, &word, 1)
            if count >= 0 || errno != EINTR { return count == 1 }
        }
    }

    private static func takeIdentity(_ plan: ChildPlan) {
        if plan.layers.contains(.userNamespace) {
            if plan.ownIDs, clw_setgroups_none() != 0 { fail(.identity) }
            guard clw_setresgid(plan.initID) == 0, clw_setresuid(plan.initID) == 0 else { fail(.identity) }
        }
        _ = clw_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    }

    /// Pid 2 inherits it: no program that it executes, setuid or not, gains a capability. Ours stay until the tree is
    /// built.
    private static func dropBoundingSet() {
        for capability in 0..<cap_max_bits() {
            if cap_drop_bound(capability) != 0 { fail(.capabilities) }
        }
    }

    private static func copyTree(_ plan: ChildPlan) {
        guard plan.layers.contains(.root) else { return }
        // A copy of its own, because what was inherited from another user namespace is locked in place.
        let flags = UInt32(CLW_AT_RECURSIVE) | UInt32(CLW_OPEN_TREE_CLONE) | UInt32(O_CLOEXEC)
        let tree = unsafe clw_open_tree(AT_FDCWD, plan.tree[0], flags)
        guard tree >= 0,
            unsafe clw_move_mount(tree, "", AT_FDCWD, PrivateTree.newRoot, UInt32(CLW_MOVE_MOUNT_FROM_FD)) == 0
        else { fail(.tree) }
        close(tree)
        // Before pivot_root: a new proc is allowed only while a full one is visible.
        if plan.layers.contains(.proc) {
            let hardening = UInt(CLW_MS_NOSUID | CLW_MS_NODEV | CLW_MS_NOEXEC)
            if unsafe clw_mount("proc", "/new/proc", "proc", hardening, "subset=pid,hidepid=2") != 0 {
                fail(.mountProc)
            }
        }
    }

    /// What belongs to the sandbox's own users, and the way in.
    private static func completeTree(_ plan: ChildPlan) {
        guard plan.layers.contains(.root) else {
            if unsafe chroot(PrivateTree.host) != 0 || chdir("/") != 0 { fail(.tree) }
            return
        }
        if !plan.hosts.isEmpty { HostsFile.mount(plan.hosts) }
        for (index, flags) in plan.scratchFlags.enumerated() {
            let (path, options) = unsafe (plan.scratches[2 * index], plan.scratches[2 * index + 1])
            if unsafe clw_mount("tmpfs", path, "tmpfs", flags, options) != 0 { fail(.mountScratch) }
        }
        if plan.hasSkill {
            guard
                unsafe clw_move_mount(
                    Descriptor.skillTree, "", AT_FDCWD, "/new/skill", UInt32(CLW_MOVE_MOUNT_FROM_FD)) == 0
            else { fail(.mountSkill) }
            close(Descriptor.skillTree)
        }
        // pivot_root(2), "pivot_root(".", ".")": the old root lies under the new one and is taken off from there.
        guard unsafe chdir(PrivateTree.newRoot) == 0, unsafe clw_pivot_root(".", ".") == 0,
            unsafe clw_umount2(".", Int32(CLW_MNT_DETACH)) == 0, unsafe chdir("/") == 0
        else { fail(.pivot) }
    }
}
