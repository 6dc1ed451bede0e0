import CLinux
import Glibc
import SandboxProtocol

/// Exit codes between worker and keeper.
enum WorkerExit {
    /// The daemon closed the socket: nothing more to do.
    static let done: Int32 = 0
    /// This host cannot run a worker at all; another try would end the same way.
    static let hopeless: Int32 = 78
}

/// Forks a worker and, when it dies, another on the same socket, so that the daemon never needs privileges again after
/// it started the launcher. Returns never; ends when the daemon closes the socket.
func runKeeper(cgroupName: String, layersOptional: Bool) -> Never {
    // Fixed descriptors are only safe where the standard ones are taken.
    while case let fd = unsafe open("/dev/null", O_RDWR), (0...2).contains(fd) {}
    _ = clw_close_range(UInt32(Descriptor.daemon + 1), UInt32.max, 0)
    // An own session: a Ctrl-C at the terminal is for the daemon, which then ends us in order.
    _ = setsid()
    _ = clw_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    // The daemon's mask hides its files; sandboxes must be able to walk through the trees that we make.
    umask(0o022)
    // A run takes a dozen descriptors, and many run at once.
    clw_raise_open_files()
    // Sandboxes whose worker died come to us, so that their pid 1 is reaped.
    _ = clw_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    // Sandboxes inherit it: what the daemon's parent ignores must not be ignored in them.
    clw_default_signals()
    _ = clw_block_all_signals()

    var generation: UInt32 = 0
    var startedAt: [Int64] = []
    while true {
        generation += 1
        startedAt = startedAt.suffix(4) + [clw_monotonic_ns()]
        var pidfd: Int32 = -1
        let worker = unsafe clw_clone3(0, -1, &pidfd)
        if worker == 0 {
            _ = clw_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL), 0, 0, 0)
            runWorker(generation: generation, cgroupName: cgroupName, layersOptional: layersOptional)
        }
        guard worker > 0 else {
            // A container's seccomp filter, most likely: they hide this call, because they cannot read its flags.
            sayHopeless(LaunchError(stage: .clone, errno: clw_errno(), subject: "clone3"), generation: generation)
            _exit(WorkerExit.hopeless)
        }
        close(pidfd)
        let status = waitForWorker(worker)
        if clw_exited(status) != 0, [WorkerExit.done, WorkerExit.hopeless].contains(clw_exit_status(status)) {
            _exit(clw_exit_status(status))
        }
        if startedAt.count == 5, clw_monotonic_ns() - startedAt[0] < 2_000_000_000 {
            note("the worker died five times within two seconds; giving up")
            _exit(1)
        }
    }
}

private func waitForWorker(_ worker: pid_t) -> Int32 {
    while true {
        var status: Int32 = 0
        let pid = unsafe clw_wait_any(0, &status)
        if pid == worker { return status }
        if pid < 0, errno != EINTR { return 0 }
    }
}
