import CLinux
import Glibc
import SandboxProtocol

/// What this host gives the worker: its private tree, ids, cgroups, Landlock; and how a sandbox is started on it.
final class WorkerHost {
    let rootless: Bool
    let identities: IdentityPool
    /// Why sandboxes have no ids of their own; empty where they have.
    let identityShortfall: String
    let setgroupsAllowed: Bool
    let cgroups: (any CgroupTree)?
    let landlockABI: Int32
    /// Why there is none.
    let landlockErrno: Int32
    let kernel: String
    let processors: Int
    private let hostTree: Int32
    let proc: Int32
    /// To come back to from a sandbox's.
    let ownMounts: Int32
    let spares: Spares

    init(cgroupName: String) throws(LaunchError) {
        // In a container root may have no right to mount; then it is a user like any other.
        rootless = geteuid() != 0 || clw_unshare(Int32(CLW_NEWNS)) != 0
        let shortfall = rootless ? try OwnRoot.become() : ""
        identities = IdentityPool(
            userMap: HostFiles.read("/proc/self/uid_map") ?? "", groupMap: HostFiles.read("/proc/self/gid_map") ?? "")
        identityShortfall = identities.single && shortfall.isEmpty ? "this user namespace maps one id" : shortfall
        setgroupsAllowed = HostFiles.read("/proc/self/setgroups").map { $0.hasPrefix("allow") } ?? false
        try PrivateTree.enter()
        hostTree = try check(
            unsafe open(PrivateTree.host, Int32(CLW_O_PATH) | O_DIRECTORY | O_CLOEXEC), .tree, PrivateTree.host)
        proc = try check(
            unsafe open(PrivateTree.host + "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), .tree, "/proc")
        ownMounts = try check(unsafe openat(proc, "self/ns/mnt", O_RDONLY | O_CLOEXEC), .tree, "mount namespace")
        cgroups = findCgroupTree(
            hostRoot: PrivateTree.host, name: cgroupName, instance: "launcher-\(getppid())", rootless: rootless)
        spares = Spares(cgroups: cgroups, proc: proc)
        landlockABI = clw_landlock_abi()
        landlockErrno = landlockABI < 0 ? clw_errno() : 0
        processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        kernel = kernelRelease()
    }

    func build(_ template: Template, id: UInt64, filter: Int32) throws(LaunchError) -> BuiltTemplate {
        try BuiltTemplate(
            template, filterDescriptor: filter, at: "\(PrivateTree.templates)/\(id)", host: hostTree,
            landlockABI: landlockABI)
    }

    /// Clones the sandbox's pid 1 and lets it go. On an error nothing of it is left.
    /// - Parameter start: how far it goes before its run is known; nil: it is known.
    func start(
        _ launch: Launch, start: ParkedStart? = nil, id: UInt64, built: BuiltTemplate, slot: Int, standardIO: [Int32]
    ) throws(LaunchError) -> Run {
        let begun = clw_monotonic_ns()
        let cgroup = try makeCgroup(launch, built.template.layers)
        var ours: [Int32] = []
        do throws(LaunchError) {
            var pair: [Int32] = [-1, -1]
            try check(unsafe clw_socketpair(&pair), .initProcess, "control socket")
            ours.append(pair[0])
            defer { close(pair[1]) }
            if start != nil { try check(clw_pass_credentials(pair[0]), .initProcess, "control socket") }
            var pipe: [Int32] = [-1, -1]
            if start == .interpreter {
                try check(unsafe clw_pipe(&pipe), .initProcess, "pipe")
                ours.append(pipe[1])
                _ = clw_fcntl(pipe[1], F_SETFL, Int(O_NONBLOCK))
            }
            defer { if pipe[0] >= 0 { close(pipe[0]) } }
            let skillTree = try openSkill(launch.skillPath, built.template.layers)
            defer { if skillTree >= 0 { close(skillTree) } }
            let plan = ChildPlan(
                launch: launch, start: start, built: built, identities: identities, slot: slot,
                setgroupsAllowed: setgroupsAllowed,
                bootstrap: .init(
                    control: pair[1], standardIO: standardIO, skillTree: skillTree, order: pipe[0],
                    cgroupJoins: cgroup?.joinDescriptors ?? []))
            let child = try clone(plan, cgroup, slot, launch.destinations, start: pair[0])
            let waiting = start.map {
                Waiting(
                    $0, launch, processLimits: plan.processLimits, mounts: child.mounts, order: pipe[1], begun: begun)
            }
            return Run(
                id: id, slot: slot, waiting: waiting, limits: launch.limits, pidfd: child.pidfd, control: pair[0],
                cgroup: cgroup, network: child.network, listeners: child.listeners,
                state: runState(launch.limits, built, begun: begun, counted: cgroup != nil), begun: begun,
                observes: launch.observes)
        } catch {
            for fd in ours { close(fd) }
            _ = cgroup?.remove()
            throw error
        }
    }

    /// What the worker keeps of a sandbox's pid 1.
    private struct Child {
        let pidfd: Int32
        let network: Network?
        let listeners: [Int32]
        /// Its mount namespace, where something is to be put into it later; else -1.
        let mounts: Int32
    }

    private func clone(
        _ plan: ChildPlan, _ cgroup: (any Cgroup)?, _ slot: Int, _ destinations: [Destination], start: Int32
    ) throws(LaunchError) -> Child {
        var pidfd: Int32 = -1
        var mounts: Int32 = -1
        var pid: pid_t = -1
        var network: Network?
        var flags = plan.cloneFlags
        var listeners: Result<[Int32], LaunchError> = .success([])
        if plan.layers.contains(.networkNamespace) {
            // Entered before the clone: a child in a user namespace of its own could not enter it.
            spares.inNetwork(fresh: !destinations.isEmpty) { entered in
                network = entered
                if entered != nil { flags &= ~UInt64(CLW_NEWNET) }
                if !destinations.isEmpty {
                    listeners = Listeners.open(destinations, in: entered)
                    // What carries sockets of others serves no second run.
                    network = nil
                    if let entered { close(entered.descriptor) }
                    guard case .success = listeners else { return }
                }
                pid = unsafe clw_clone3(flags, cgroup?.directory ?? -1, &pidfd)
                if pid == 0 { Init.run(plan) }
            }
        } else {
            // Without a network namespace of its own a listener would be the host's.
            guard destinations.isEmpty else {
                throw LaunchError(stage: .network, errno: EINVAL, subject: "no network namespace")
            }
            pid = unsafe clw_clone3(flags, cgroup?.directory ?? -1, &pidfd)
            if pid == 0 { Init.run(plan) }
        }
        let refusal = clw_errno()
        let open = try listeners.get()
        do throws(LaunchError) {
            guard pid > 0 else {
                // Only the way into a cgroup fails so. clone(2).
                let joining = cgroup.map { $0.directory >= 0 } == true
                let cgroupRefused = joining && [EACCES, EBUSY, EOPNOTSUPP].contains(refusal)
                throw LaunchError(stage: cgroupRefused ? .cgroupJoin : .clone, errno: refusal, subject: "clone3")
            }
            if plan.start == .sealed || plan.start == .interpreter {
                // Before it makes itself undumpable, after which not every launcher may.
                mounts = try check(
                    unsafe openat(proc, "\(pid)/ns/mnt", O_RDONLY | O_CLOEXEC), .tree, "mount namespace")
            }
            if plan.layers.contains(.userNamespace) { try writeMaps(pid, identities.map(slot: slot)) }
            var go: UInt8 = 1
            // A pid 1 that has failed already waits for no word; its report says why.
            guard unsafe clw_send(start, &go, 1, nil, 0, 0) == 1 || errno == EPIPE || errno == ECONNRESET else {
                throw LaunchError(stage: .initProcess, errno: clw_errno(), subject: "start")
            }
        } catch {
            for fd in open + [network?.descriptor ?? -1, mounts] where fd >= 0 { close(fd) }
            if pid > 0 {
                _ = clw_pidfd_send_signal(pidfd, SIGKILL)
                var status: Int32 = 0
                _ = unsafe clw_wait_pidfd(pidfd, 0, &status)
                close(pidfd)
            }
            throw error
        }
        return Child(pidfd: pidfd, network: network, listeners: open, mounts: mounts)
    }

    private func writeMaps(_ pid: pid_t, _ map: String) throws(LaunchError) {
        for file in ["uid_map", "gid_map"] {
            let error = HostFiles.write(map, to: "\(pid)/\(file)", in: proc)
            guard error == 0 else { throw LaunchError(stage: .idMap, errno: error, subject: file) }
        }
    }

    private func makeCgroup(_ launch: Launch, _ layers: LayerSet) throws(LaunchError) -> (any Cgroup)? {
        let limited: [Layer] = [.memory, .pids, .cpu]
        guard limited.contains(where: layers.contains) else { return nil }
        let cgroup = try spares.takeCgroup(layers)
        do throws(LaunchError) {
            try cgroup.limit(launch.limits, connects: !launch.destinations.isEmpty)
        } catch {
            _ = cgroup.remove()
            throw error
        }
        return cgroup
    }

    /// The skill's files as a mount of their own, read-only, attached to nothing yet; -1 for none.
    func openSkill(_ path: String, _ layers: LayerSet) throws(LaunchError) -> Int32 {
        guard !path.isEmpty, layers.contains(.root) else { return -1 }
        let directory = unsafe clw_openat2(
            hostTree, path, UInt64(Int32(CLW_O_PATH) | O_DIRECTORY | O_CLOEXEC),
            UInt64(CLW_RESOLVE_IN_ROOT | CLW_RESOLVE_NO_MAGICLINKS))
        try check(directory, .mountSkill, path)
        defer { close(directory) }
        let tree = try check(
            unsafe clw_open_tree(
                directory, "", UInt32(CLW_AT_EMPTY_PATH) | UInt32(CLW_OPEN_TREE_CLONE) | UInt32(O_CLOEXEC)),
            .mountSkill, path)
        let attributes = UInt64(CLW_ATTR_RDONLY | CLW_ATTR_NOSUID | CLW_ATTR_NODEV)
        do {
            try check(
                unsafe clw_mount_setattr(tree, "", UInt32(CLW_AT_EMPTY_PATH), attributes), .mountSkill, path)
        } catch {
            close(tree)
            throw error
        }
        return tree
    }
}
