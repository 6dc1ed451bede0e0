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
    static let names = Set(controllers.map { Substring($0.name) })

    /// `own` are the caller's cgroups, below which to stay; nil for the tops of the trees.
    init(mounts: [CgroupMount], name: String, instance: String, own: [String: String]?) {
        for (controller, layer) in Self.controllers {
            guard let mount = mounts.first(where: { $0.controllers.contains(Substring(controller)) })
            else {
                missing[layer] = (ENOENT, "no \(controller) controller is mounted")
                continue
            }
            if let shared = directories.values.first(where: { $0.mountPath == mount.path }) {
                directories[controller] = shared
                continue
            }
            let base = own == nil ? mount.path : mount.directory(of: own?[controller] ?? "/") ?? mount.path
            do {
                directories[controller] = try InstanceDirectory(
                    mountPath: mount.path, base: base, name: name, instance: instance)
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
    /// Its limits are those of one that waits, and are to be raised.
    private var isHeld = false
    private var controllers: [String: Int32] = [:]
    /// Control files by name, opened when the directory is made, which is mostly before a run needs it; what the
    /// kernel does not have is missing.
    private var files: [String: Int32] = [:]
    private(set) var memoryEvent: Int32 = -1
    let memoryEventMask = UInt32(CLW_POLL_IN)
    let directory: Int32 = -1

    var joinDescriptors: [Int32] { members.map(\.tasks) }

    private static let tcpMemory = "memory.kmem.tcp.limit_in_bytes"
    private static let tcpBytesMax: UInt64 = 16 << 20
    private static let written: [String: [String]] = [
        "memory": ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"], "pids": ["pids.max"],
        "cpu": ["cpu.cfs_quota_us"],
    ]
    private static let read: [String: [String]] = [
        "memory": ["memory.oom_control", "memory.max_usage_in_bytes"], "pids": ["pids.events", "pids.peak"],
        "cpuacct": ["cpuacct.usage"],
    ]

    /// Makes the directory in the controller's tree; controllers that are mounted together share one.
    func open(_ controller: String, _ parent: InstanceDirectory, _ name: String) throws(LaunchError) {
        if let shared = members.first(where: { $0.parent == parent.descriptor }) {
            controllers[controller] = shared.directory
            return openFiles(controller, shared.directory)
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
        openFiles(controller, directory)
        if controller == "memory" { try watchMemory(directory) }
    }

    private func openFiles(_ controller: String, _ directory: Int32) {
        for (names, flags) in [(Self.written[controller], O_WRONLY), (Self.read[controller], O_RDONLY)] {
            for name in names ?? [] {
                let fd = unsafe openat(directory, name, flags | O_CLOEXEC)
                if fd >= 0 { files[name] = fd }
            }
        }
    }

    func limit(_ limits: RunLimits, connects: Bool) throws(LaunchError) {
        if controllers["memory"] != nil {
            // Swap counts as memory, so that a swapping skill ends like any other; kernels without swap accounting
            // have no such file, and then the same limit holds for memory alone. The limit of both is never below the
            // limit of memory, which decides the order.
            var names = ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"].filter { files[$0] != nil }
            if isHeld { names.reverse() }
            for name in names { try set(name, limits.memoryBytes) }
            isHeld = false
        }
        if connects { try limitTCP(limits) }
        // One more for the sandbox's own pid 1.
        if controllers["pids"] != nil { try set("pids.max", limits.pidsMax + 1) }
        // Of a period that is 100 ms in every new cgroup (scheduler/sched-bwc.rst).
        if controllers["cpu"] != nil { try set("cpu.cfs_quota_us", limits.cpuPercent * 1000) }
    }

    /// What TCP holds unread is counted apart in version 1, and only where it is limited.
    private func limitTCP(_ limits: RunLimits) throws(LaunchError) {
        guard let directory = controllers["memory"] else { return }
        let bytes = min(limits.memoryBytes, Self.tcpBytesMax)
        let error = HostFiles.write("\(bytes)", to: Self.tcpMemory, in: directory)
        // Kernels can be built without it.
        guard error == 0 || error == ENOENT else {
            throw LaunchError(stage: .cgroupLimit, errno: error, subject: Self.tcpMemory)
        }
    }

    private func set(_ file: String, _ value: UInt64) throws(LaunchError) {
        let error = files[file].map { HostFiles.write("\(value)", to: $0) } ?? ENOENT
        guard error == 0 else { throw LaunchError(stage: .cgroupLimit, errno: error, subject: file) }
    }

    /// Asks for an eventfd signal on out-of-memory (cgroup-v1/memory.rst, "OOM Control").
    private func watchMemory(_ directory: Int32) throws(LaunchError) {
        let oomControl = try check(files["memory.oom_control"] ?? -1, .cgroupLimit, "memory.oom_control")
        memoryEvent = try check(clw_eventfd(), .cgroupLimit, "eventfd")
        let error = HostFiles.write("\(memoryEvent) \(oomControl)", to: "cgroup.event_control", in: directory)
        guard error == 0 else { throw LaunchError(stage: .cgroupLimit, errno: error, subject: "cgroup.event_control") }
    }

    private func counter(_ file: String) -> String { files[file].map(HostFiles.counter) ?? "" }

    func cpuMicroseconds() -> UInt64 { HostFiles.number(in: counter("cpuacct.usage")) / 1000 }

    func memoryBytes() -> UInt64 {
        controllers["memory"].map { HostFiles.number("memory.usage_in_bytes", in: $0) } ?? 0
    }

    func oomKills() -> UInt64 { HostFiles.number("oom_kill", in: counter("memory.oom_control")) }

    func hold(memoryBytes: UInt64) {
        isHeld = true
        for name in ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"] {
            if let file = files[name] { _ = HostFiles.write("\(memoryBytes)", to: file) }
        }
        if let quota = files["cpu.cfs_quota_us"] { _ = HostFiles.write("\(Waits.cpuQuota)", to: quota) }
    }

    func counters() -> CgroupCounters {
        CgroupCounters(
            cpuMicroseconds: cpuMicroseconds(),
            peakMemoryBytes: HostFiles.number(in: counter("memory.max_usage_in_bytes")),
            oomKills: oomKills(),
            pidsRefused: HostFiles.number("max", in: counter("pids.events")),
            peakPids: HostFiles.number(in: counter("pids.peak")))
    }

    func lift() {
        if let quota = files["cpu.cfs_quota_us"] { _ = HostFiles.write("-1", to: quota) }
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
        for fd in files.values { close(fd) }
        files = [:]
        if memoryEvent >= 0 { close(memoryEvent) }
        memoryEvent = -1
        return true
    }
}
