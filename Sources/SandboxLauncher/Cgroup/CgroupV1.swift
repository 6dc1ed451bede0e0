import CLinux
import Glibc
import SandboxProtocol

/// Version 1 controllers, each a tree of its own (also beside an empty version 2 tree: hybrid hosts).
/// Source: Documentation/admin-guide/cgroup-v1/ of the kernel.
final class CgroupTreeV1: CgroupTree {
    let version: UInt8 = 1
    private(set) var missing: [Layer: (errno: Int32, detail: String)] = [:]
    /// Controller → this launcher's directory in its tree. Co-mounted controllers share one.
    private var directories: [String: InstanceDirectory] = [:]

    static let controllers: [(name: String, layer: Layer)] = [
        ("memory", .memory), ("pids", .pids), ("cpu", .cpu), ("cpuacct", .cpu),
    ]

    init(mounts: [CgroupMount], name: String, instance: String, ownPaths: [String: String]) {
        for (controller, layer) in Self.controllers {
            guard let mount = mounts.first(where: { !$0.unified && $0.controllers.contains(Substring(controller)) })
            else {
                missing[layer] = (ENOENT, "no \(controller) controller is mounted")
                continue
            }
            if let shared = directories.values.first(where: { $0.mountPath == mount.path }) {
                directories[controller] = shared
                continue
            }
            do {
                directories[controller] = try InstanceDirectory(
                    mountPath: mount.path, base: mount.path + (ownPaths[controller] ?? ""), name: name,
                    instance: instance)
            } catch {
                missing[layer] = (error.errno, "no cgroup can be made at \(error.subject)")
            }
        }
    }

    func make(name: String, layers: LayerSet) throws(LaunchError) -> any Cgroup {
        let group = CgroupV1()
        do throws(LaunchError) {
            for (controller, layer) in Self.controllers where layers.contains(layer) {
                guard let parent = directories[controller] else {
                    throw LaunchError(stage: .cgroupCreate, errno: ENOENT, subject: controller)
                }
                try group.open(controller, parent, name)
            }
        } catch {
            _ = group.remove()
            throw error
        }
        return group
    }

    func removeAll() {
        for directory in directories.values { directory.remove() }
    }
}

/// The directories of one sandbox, one in each tree.
final class CgroupV1: Cgroup {
    private struct Member {
        let parent: Int32
        let name: String
        let directory: Int32
        let tasks: Int32
    }

    private var members: [Member] = []
    private var controllers: [String: Int32] = [:]
    private(set) var memoryEvent: Int32 = -1
    private var oomControl: Int32 = -1
    let memoryEventMask = UInt32(CLW_POLL_IN)
    let directory: Int32 = -1

    var joinDescriptors: [Int32] { members.map(\.tasks) }

    /// Makes the directory in the controller's tree; controllers that are mounted together share one.
    func open(_ controller: String, _ parent: InstanceDirectory, _ name: String) throws(LaunchError) {
        if let shared = members.first(where: { $0.parent == parent.descriptor }) {
            controllers[controller] = shared.directory
            return
        }
        if unsafe mkdirat(parent.descriptor, name, 0o755) != 0 {
            throw LaunchError(stage: .cgroupCreate, errno: clw_errno(), subject: parent.path)
        }
        let directory = unsafe openat(parent.descriptor, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else {
            let error = clw_errno()
            _ = unsafe unlinkat(parent.descriptor, name, AT_REMOVEDIR)
            throw LaunchError(stage: .cgroupCreate, errno: error, subject: parent.path)
        }
        let tasks = unsafe openat(directory, "tasks", O_WRONLY | O_CLOEXEC)
        members.append(Member(parent: parent.descriptor, name: name, directory: directory, tasks: tasks))
        controllers[controller] = directory
        try check(tasks, .cgroupJoin, parent.path)
        if controller == "memory" { try watchMemory(directory) }
    }

    func limit(_ limits: RunLimits) throws(LaunchError) {
        if let memory = controllers["memory"] {
            try set("memory.limit_in_bytes", limits.memoryBytes, memory)
            // Swap counts as memory, so that a swapping skill ends like any other; kernels without swap accounting
            // have no such file, and then the same limit holds for memory alone.
            let swap = HostFiles.write("\(limits.memoryBytes)", to: "memory.memsw.limit_in_bytes", in: memory)
            guard swap == 0 || swap == ENOENT else {
                throw LaunchError(stage: .cgroupLimit, errno: swap, subject: "memory.memsw.limit_in_bytes")
            }
        }
        // One more for the sandbox's own pid 1.
        if let pids = controllers["pids"] { try set("pids.max", limits.pidsMax + 1, pids) }
        if let cpu = controllers["cpu"] {
            try set("cpu.cfs_period_us", 100_000, cpu)
            try set("cpu.cfs_quota_us", limits.cpuPercent * 1000, cpu)
        }
    }

    private func set(_ file: String, _ value: UInt64, _ directory: Int32) throws(LaunchError) {
        let error = HostFiles.write("\(value)", to: file, in: directory)
        guard error == 0 else { throw LaunchError(stage: .cgroupLimit, errno: error, subject: file) }
    }

    /// Asks for an eventfd signal on out-of-memory (cgroup-v1/memory.rst, "OOM Control").
    private func watchMemory(_ directory: Int32) throws(LaunchError) {
        oomControl = try check(
            unsafe openat(directory, "memory.oom_control", O_RDONLY | O_CLOEXEC), .cgroupLimit, "memory.oom_control")
        memoryEvent = try check(
            clw_eventfd(), .cgroupLimit, "eventfd")
        let error = HostFiles.write("\(memoryEvent) \(oomControl)", to: "cgroup.event_control", in: directory)
        guard error == 0 else { throw LaunchError(stage: .cgroupLimit, errno: error, subject: "cgroup.event_control") }
    }

    func cpuMicroseconds() -> UInt64 {
        controllers["cpuacct"].map { HostFiles.number("cpuacct.usage", in: $0) / 1000 } ?? 0
    }

    func oomKills() -> UInt64 {
        controllers["memory"].map { HostFiles.number("oom_kill", of: "memory.oom_control", in: $0) } ?? 0
    }

    func counters() -> CgroupCounters {
        var counters = CgroupCounters()
        counters.cpuMicroseconds = cpuMicroseconds()
        counters.oomKills = oomKills()
        if let memory = controllers["memory"] {
            counters.peakMemoryBytes = HostFiles.number("memory.max_usage_in_bytes", in: memory)
        }
        if let pids = controllers["pids"] {
            counters.pidsRefused = HostFiles.number("max", of: "pids.events", in: pids)
            counters.peakPids = HostFiles.number("pids.peak", in: pids)
        }
        return counters
    }

    func lift() {
        if let cpu = controllers["cpu"] { _ = HostFiles.write("-1", to: "cpu.cfs_quota_us", in: cpu) }
    }

    func remove() -> Bool {
        members.removeAll { member in
            guard unsafe unlinkat(member.parent, member.name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
                return false
            }
            close(member.directory)
            close(member.tasks)
            return true
        }
        guard members.isEmpty else { return false }
        for fd in [memoryEvent, oomControl] where fd >= 0 { close(fd) }
        (memoryEvent, oomControl) = (-1, -1)
        return true
    }
}
