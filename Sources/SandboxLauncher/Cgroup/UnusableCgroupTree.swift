import SandboxProtocol

/// A mounted tree in which this process may not make cgroups: no layer that needs one works, for one reason.
final class UnusableCgroupTree: CgroupTree {
    let version: UInt8
    let missing: [Layer: (errno: Int32, detail: String)]
    private let errno: Int32

    init(version: UInt8, errno: Int32, detail: String) {
        self.version = version
        self.errno = errno
        missing = Dictionary(uniqueKeysWithValues: [Layer.memory, .pids, .cpu].map { ($0, (errno, detail)) })
    }

    func make(name: String, layers: LayerSet) throws(LaunchError) -> any Cgroup {
        throw LaunchError(stage: .cgroupCreate, errno: errno, subject: name)
    }

    func removeAll() {}
}
