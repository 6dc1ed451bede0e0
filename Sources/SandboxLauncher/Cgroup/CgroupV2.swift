import CLinux
import Glibc
import SandboxProtocol

/// The unified tree. Processes may be only in leaves, so this launcher's directory gives its controllers on and holds
/// nothing but sandboxes. Source: Documentation/admin-guide/cgroup-v2.rst of the kernel.
final class CgroupTreeV2: CgroupTree {
    let version: UInt8 = 2
    private(set) var missing: [Layer: (errno: Int32, detail: String)] = [:]
    private let instance: InstanceDirectory

    static let controllers: [(name: String, layer: Layer)] = [("memory", .memory), ("pids", .pids), ("cpu", .cpu)]

    /// The leaf for the daemon and this launcher, where they would be in the way.
    static let leafName = "clawrunner-daemon"

    /// `base` is the directory of the cgroup below which we may make ours.
    init(mountPath: String, base: String, name: String, instance: String) throws(LaunchError) {
        self.instance = try InstanceDirectory(mountPath: mountPath, base: base, name: name, instance: instance)
        let evacuation = CgroupEvacuation(
            base: base, leaf: Self.leafName, proc: PrivateTree.host + "/proc")
        for (controller, layer) in Self.controllers {
            var error = Self.enable(controller, in: base)
            if error == EBUSY {
                if let obstacle = evacuation.run() {
                    missing[layer] = obstacle
                    continue
                }
                error = Self.enable(controller, in: base)
            }
            for directory in [base + "/" + name, self.instance.path] where error == 0 {
                error = Self.enable(controller, in: directory)
            }
            if error != 0 { missing[layer] = (error, Self.advice(error, controller, base)) }
        }
    }

    private static func enable(_ controller: String, in directory: String) -> Int32 {
        let path = directory + "/cgroup.subtree_control"
        let already = (HostFiles.read(path) ?? "").split(whereSeparator: \.isWhitespace)
        guard !already.contains(Substring(controller)) else { return 0 }
        return HostFiles.write("+\(controller)", to: path)
    }

    private static func advice(_ error: Int32, _ controller: String, _ directory: String) -> String {
        error == ENOENT
            ? "the \(controller) controller is not given to \(directory)"
            : "the \(controller) controller of \(directory) is not delegated to this user"
    }

    func make(name: String, layers: LayerSet) throws(LaunchError) -> any Cgroup {
        try CgroupV2(parent: instance, name: name, layers: layers)
    }

    func removeAll() {
        instance.remove()
    }
}

final class CgroupV2: Cgroup {
    private let parent: Int32
    private let name: String
    private(set) var directory: Int32
    private let layers: LayerSet
    private(set) var memoryEvent: Int32 = -1
    let memoryEventMask = UInt32(CLW_POLL_PRIORITY)
    let joinDescriptors: [Int32] = []

    init(parent: InstanceDirectory, name: String, layers: LayerSet) throws(LaunchError) {
        self.parent = parent.descriptor
        self.name = name
        self.layers = layers
        try check(unsafe mkdirat(parent.descriptor, name, 0o755), .cgroupCreate, parent.path)
        directory = unsafe openat(parent.descriptor, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else {
            let error = clw_errno()
            _ = unsafe unlinkat(parent.descriptor, name, AT_REMOVEDIR)
            throw LaunchError(stage: .cgroupCreate, errno: error, subject: parent.path)
        }
    }

    func limit(_ limits: RunLimits, connects: Bool) throws(LaunchError) {
        if layers.contains(.memory) {
            try set("memory.max", "\(limits.memoryBytes)")
            // Kernels without swap have no such file.
            let swap = HostFiles.write("0", to: "memory.swap.max", in: directory)
            guard swap == 0 || swap == ENOENT else {
                throw LaunchError(stage: .cgroupLimit, errno: swap, subject: "memory.swap.max")
            }
            // All processes of a sandbox end together, its pid 1 too, whichever the kernel would have chosen.
            _ = HostFiles.write("1", to: "memory.oom.group", in: directory)
            if memoryEvent < 0 {
                memoryEvent = try check(
                    unsafe openat(directory, "memory.events", O_RDONLY | O_CLOEXEC), .cgroupLimit, "memory.events")
            }
        }
        if layers.contains(.pids) { try set("pids.max", "\(limits.pidsMax + 1)") }
        if layers.contains(.cpu) { try set("cpu.max", "\(limits.cpuPercent * 1000) 100000") }
    }

    private func set(_ file: String, _ value: String) throws(LaunchError) {
        let error = HostFiles.write(value, to: file, in: directory)
        guard error == 0 else { throw LaunchError(stage: .cgroupLimit, errno: error, subject: file) }
    }

    func cpuMicroseconds() -> UInt64 { HostFiles.number("usage_usec", of: "cpu.stat", in: directory) }

    func memoryBytes() -> UInt64 { HostFiles.number("memory.current", in: directory) }

    func oomKills() -> UInt64 {
        // Reading the watched descriptor is what arms the next notification.
        if memoryEvent >= 0 { _ = HostFiles.read(memoryEvent) }
        return HostFiles.number("oom_kill", of: "memory.events", in: directory)
    }

    func hold(memoryBytes: UInt64) {
        if layers.contains(.memory) { _ = HostFiles.write("\(memoryBytes)", to: "memory.max", in: directory) }
        if layers.contains(.cpu) { _ = HostFiles.write("\(Waits.cpuQuota) 100000", to: "cpu.max", in: directory) }
    }

    func counters() -> CgroupCounters {
        CgroupCounters(
            cpuMicroseconds: cpuMicroseconds(),
            peakMemoryBytes: HostFiles.number("memory.peak", in: directory),
            oomKills: oomKills(),
            pidsRefused: HostFiles.number("max", of: "pids.events", in: directory),
            peakPids: HostFiles.number("pids.peak", in: directory))
    }

    func lift() {
        _ = HostFiles.write("max", to: "cpu.max", in: directory)
    }

    func remove() -> Bool {
        guard unsafe unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT else { return false }
        for fd in [directory, memoryEvent] where fd >= 0 { close(fd) }
        (directory, memoryEvent) = (-1, -1)
        return true
    }
}
