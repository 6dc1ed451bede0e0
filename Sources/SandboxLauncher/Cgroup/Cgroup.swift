import CLinux
import Glibc
import SandboxProtocol

/// What a cgroup counted.
struct CgroupCounters {
    var cpuMicroseconds: UInt64 = 0
    var peakMemoryBytes: UInt64 = 0
    var oomKills: UInt64 = 0
    var pidsRefused: UInt64 = 0
    var peakPids: UInt64 = 0
}

/// What a sandbox may use that waits for its run.
enum Waits {
    /// Microseconds of each 100 ms.
    static let cpuQuota = 2000
    /// What a runtime's own upkeep may add.
    static func memoryBytes(_ now: UInt64) -> UInt64 { now + now / 4 + (4 << 20) }
}

/// The cgroup of one sandbox, whatever the version below.
protocol Cgroup: AnyObject {
    /// Descriptors to which the child itself writes `0` to join (v1); empty on v2.
    var joinDescriptors: [Int32] { get }
    /// For CLONE_INTO_CGROUP; -1 on v1.
    var directory: Int32 { get }
    /// Becomes readable when the memory limit was hit; -1 when the kernel cannot tell. `memoryEventMask` are its
    /// epoll events.
    var memoryEvent: Int32 { get }
    var memoryEventMask: UInt32 { get }

    /// `connects`: the run has declared destinations.
    func limit(_ limits: RunLimits, connects: Bool) throws(LaunchError)
    /// Keeps what waits to little more memory than it has, and to a trace of the processor.
    func hold(memoryBytes: UInt64)
    func counters() -> CgroupCounters
    func cpuMicroseconds() -> UInt64
    /// Charged now.
    func memoryBytes() -> UInt64
    /// Reads what the memory event announced.
    func oomKills() -> UInt64
    /// Takes the processor limit away: a throttled process that was killed cannot die before its next period.
    func lift()
    /// False while the kernel still counts a process in it; try again later.
    func remove() -> Bool
}

/// Makes cgroups below one directory of this launcher, and removes what dead launchers left.
protocol CgroupTree: AnyObject {
    var version: UInt8 { get }
    /// The layers that cannot be limited here, with the reason.
    var missing: [Layer: (errno: Int32, detail: String)] { get }
    /// An empty cgroup with the controllers of these layers, without limits yet.
    func make(name: String, layers: LayerSet) throws(LaunchError) -> any Cgroup
    func removeAll()
}
