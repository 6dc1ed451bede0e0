import CLinux
import Glibc
import SandboxProtocol

/// What the worker keeps of a sandbox that waits for its run.
final class Waiting {
    let start: ParkedStart
    /// What it was built from.
    let launch: Launch
    let processLimits: ProcessLimits
    /// Its mount namespace, for the skill's files to be put into it; -1 where they are there already.
    private(set) var mounts: Int32
    /// The other end of an interpreter's descriptor 3; -1 for none.
    private(set) var order: Int32
    /// Of pid 2, as this process counts; 0 until it has said something.
    var pid: pid_t = 0
    /// What was started ahead; nil where nothing was.
    private var park: ParkState?
    private(set) var isReady = false
    private let deadline: Int64

    /// To build a sandbox takes a millisecond or two.
    private static let buildNanosecondsMax: Int64 = 10_000_000_000

    init(
        _ start: ParkedStart, _ launch: Launch, processLimits: ProcessLimits, mounts: Int32, order: Int32, begun: Int64
    ) {
        self.start = start
        self.launch = launch
        self.processLimits = processLimits
        self.mounts = mounts
        self.order = order
        park = start == .sealed ? nil : ParkState(limits: launch.limits, begun: begun)
        deadline = begun + Self.buildNanosecondsMax
    }

    var nextLook: Int64? { park?.nextLook ?? (isReady ? nil : deadline) }

    /// Pid 2 of a sealed sandbox has said so.
    func becomeReady() { isReady = true }

    func look(now: Int64, cpuMicroseconds: () -> UInt64, isAsleep: (pid_t) -> Bool) -> ParkState.Finding {
        guard park != nil else { return isReady || now < deadline ? .nothing : .kill(.wall) }
        let finding = park?.look(now: now, cpuMicroseconds: cpuMicroseconds) { pid > 0 && isAsleep(pid) } ?? .nothing
        if finding == .ready { isReady = true }
        return finding
    }

    func close() {
        for fd in [mounts, order] where fd >= 0 { Glibc.close(fd) }
        (mounts, order) = (-1, -1)
    }
}
