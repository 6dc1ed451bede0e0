import CLinux
import SandboxProtocol

/// The limits that setrlimit(2) holds a program to.
struct ProcessLimits {
    struct Value: Equatable {
        let resource: Int32
        let soft: UInt64
        let hard: UInt64

        init(_ resource: Int, _ soft: UInt64, _ hard: UInt64) {
            self.resource = Int32(resource)
            self.soft = soft
            self.hard = hard
        }

        init(_ resource: Int, _ value: UInt64) { self.init(resource, value, value) }
    }

    let values: [Value]

    /// - Parameter cpuMillisecondsBefore: processor time that the process has used, or may use, before its run.
    init(_ limits: RunLimits, _ layers: LayerSet, cpuMillisecondsBefore: UInt64 = 0) {
        var values: [Value] = []
        // One byte, not none: where core_pattern names a program, the kernel starts it, as root, for every other value
        // (core(5)). Too little for a file, too.
        if layers.contains(.coreDumps) { values.append(Value(RLIMIT_CORE_ID, 1)) }
        if layers.contains(.rlimits) {
            // A backstop behind the cgroup's count: whole seconds, per process. The soft limit sends SIGXCPU, which
            // tells; the hard one ends a program that catches it.
            let cpuSeconds = (limits.cpuMilliseconds + cpuMillisecondsBefore + 999) / 1000 + 1
            values += [
                Value(RLIMIT_NOFILE_ID, limits.openFiles), Value(RLIMIT_FSIZE_ID, limits.fileSizeBytes),
                Value(RLIMIT_MEMLOCK_ID, 64 * 1024), Value(RLIMIT_MSGQUEUE_ID, 0),
                // Counted for the host's users, whatever the namespace.
                Value(RLIMIT_SIGPENDING_ID, 1024), Value(RLIMIT_NICE_ID, 0), Value(RLIMIT_RTPRIO_ID, 0),
                Value(RLIMIT_CPU_ID, cpuSeconds, cpuSeconds + 1),
            ]
            // Without the cgroup these are the only limits; they hold per process and per user.
            if !layers.contains(.memory) { values.append(Value(RLIMIT_AS_ID, limits.memoryBytes)) }
            if !layers.contains(.pids) { values.append(Value(RLIMIT_NPROC_ID, limits.pidsMax)) }
        }
        self.values = values
    }

    /// Holds this process to them; false with errno.
    func take() -> Bool {
        values.allSatisfy { clw_setrlimit($0.resource, $0.soft, $0.hard) == 0 }
    }

    /// Holds a process that has `others` to these; false with errno.
    func give(to pid: Int32, insteadOf others: ProcessLimits) -> Bool {
        precondition(pid > 0, "0 is the calling process")
        return values.allSatisfy { value in
            others.values.contains(value) || clw_setrlimit_of(pid, value.resource, value.soft, value.hard) == 0
        }
    }
}
