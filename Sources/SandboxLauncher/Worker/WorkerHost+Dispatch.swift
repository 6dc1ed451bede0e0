import CLinux
import Glibc
import SandboxProtocol

/// How a sandbox that waits gets its run. Everything is done from here: it takes one message, and one process to wake.
extension WorkerHost {
    /// Gives `run` what the launch says, and starts its clocks. On an error it is of no more use.
    func dispatch(_ launch: Launch, id: UInt64, to run: Run, built: BuiltTemplate) throws(LaunchError) {
        // A pid of 0 would be this process itself.
        guard let waiting = run.waiting, waiting.pid > 0, waiting.launch.template == launch.template,
            launch.destinations.isEmpty, !launch.observes, !launch.dryRun
        else { throw LaunchError(stage: .parked, errno: EINVAL, subject: "launch message") }
        let begun = clw_monotonic_ns()
        do throws(LaunchError) {
            try limit(run, waiting, launch, built.template.layers)
        } catch {
            // It may hold more than the run is allowed: one that is built for it will not.
            throw LaunchError(stage: .parked, errno: error.errno, subject: error.subject)
        }
        if waiting.start != .program { try give(launch, to: run, waiting, built) }
        if launch.limits.fileSizeBytes != waiting.launch.limits.fileSizeBytes {
            // Pid 1 looks for files of this size at the end.
            var size = launch.limits.fileSizeBytes
            let length = MemoryLayout<UInt64>.size
            try check(unsafe clw_send(run.control, &size, length, nil, 0, 0) == length ? 0 : -1, .initProcess, "pid 1")
        }
        let state = runState(launch.limits, built, begun: begun, counted: run.cgroup != nil)
        run.begin(id, launch.limits, state, begun: begun)
    }

    /// Whether a process's first thread sleeps until something happens; true where that cannot be seen. Source: proc_pid_stat(5).
    func isAsleep(_ pid: pid_t) -> Bool {
        guard let text = HostFiles.read("\(pid)/stat", in: proc), let end = text.lastIndex(of: ")") else { return true }
        return text[end...].dropFirst(2).first == "S"
    }

    func runState(_ limits: RunLimits, _ built: BuiltTemplate, begun: Int64, counted: Bool) -> RunState {
        RunState(
            limits: limits, begun: begun, processors: processors, countsCPU: counted,
            limitsShare: built.template.layers.contains(.cpu))
    }

    /// A skill may ask for less than its profile, which is what the sandbox was built with.
    private func limit(
        _ run: Run, _ waiting: Waiting, _ launch: Launch, _ layers: LayerSet
    ) throws(LaunchError) {
        let (old, new) = (waiting.launch.limits, launch.limits)
        let differs = (old.memoryBytes, old.pidsMax, old.cpuPercent) != (new.memoryBytes, new.pidsMax, new.cpuPercent)
        // What was started ahead was held to less.
        if differs || waiting.start != .sealed { try run.cgroup?.limit(new, connects: false) }
        guard old != new else { return }
        let used = waiting.start == .sealed ? 0 : (run.cgroup?.cpuMicroseconds() ?? 0) / 1000
        let limits = ProcessLimits(new, layers, cpuMillisecondsBefore: used)
        guard limits.give(to: waiting.pid, insteadOf: waiting.processLimits) else {
            throw LaunchError(stage: .parked, errno: clw_errno(), subject: "process limits")
        }
    }

    /// The skill's files and what to do with them.
    private func give(
        _ launch: Launch, to run: Run, _ waiting: Waiting, _ built: BuiltTemplate
    ) throws(LaunchError) {
        var tree = try openSkill(launch.skillPath, built.template.layers)
        defer { if tree >= 0 { close(tree) } }
        let program = try inMounts(waiting.mounts) { () throws(LaunchError) in
            if tree >= 0 {
                try check(
                    unsafe clw_move_mount(tree, "", AT_FDCWD, "/skill", UInt32(CLW_MOVE_MOUNT_FROM_FD)), .mountSkill,
                    launch.skillPath)
            }
            if launch.limits.tmpBytes != waiting.launch.limits.tmpBytes { try resizeScratches(built, launch.limits) }
            return waiting.start == .sealed ? try firstProgram(launch.programs) : launch.programs[0]
        }
        let order = Order.bytes(
            program: program, arguments: launch.arguments, environment: launch.environment)
        let sent: Int
        if waiting.start == .sealed {
            sent = unsafe clw_send(run.control, order, order.count, &tree, tree >= 0 ? 1 : 0, 0)
        } else {
            // End of file tells that it is whole.
            sent = unsafe CLinux.write(waiting.order, order, order.count)
        }
        guard sent == order.count else {
            throw LaunchError(stage: .parked, errno: sent < 0 ? clw_errno() : EMSGSIZE, subject: "order")
        }
    }

    /// Runs `body` in a sandbox's mount namespace, whose root is then this process's.
    private func inMounts<Value>(
        _ mounts: Int32, _ body: () throws(LaunchError) -> Value
    ) throws(LaunchError) -> Value {
        try check(clw_setns(mounts, Int32(CLW_NEWNS)), .parked, "mount namespace")
        defer {
            if clw_setns(ownMounts, Int32(CLW_NEWNS)) != 0 {
                note("cannot return to the own mount namespace: errno \(errno)")
                _exit(1)
            }
        }
        return try body()
    }

    private func resizeScratches(_ built: BuiltTemplate, _ limits: RunLimits) throws(LaunchError) {
        for entry in built.scratches {
            let flags = UInt(CLW_MS_REMOUNT) | BuiltTemplate.scratchFlags(entry)
            try check(
                unsafe clw_mount("tmpfs", entry.path, "tmpfs", flags, "size=\(limits.tmpBytes)"), .parked, entry.path)
        }
    }

    /// The first of the places where the program may be at which there is something.
    private func firstProgram(_ programs: [String]) throws(LaunchError) -> String {
        for program in programs {
            if unsafe access(program, F_OK) == 0 || errno != ENOENT && errno != ENOTDIR { return program }
        }
        throw LaunchError(stage: .exec, errno: ENOENT)
    }
}
