/// How a host runs its sandboxes.
public struct SandboxOptions: Sendable {
    /// Shown read-only at /runtime in every sandbox: the runners of the python and node runtimes.
    public var runtimesDirectory: String?
    /// The directory below which cgroups are made.
    public var cgroupName: String
    /// Layers whose absence on this host is permitted for every profile, by name, such as `memory`.
    public var permitDegraded: Set<String>
    /// Give up every capability of this process once the launcher runs. Only threads that are started afterwards
    /// follow, so make the host before anything else.
    public var dropCapabilities: Bool
    /// Runs at once; a further one waits for none and is refused.
    public var concurrentRunsMax: Int
    /// How declared destinations are reached.
    public var egress: EgressOptions
    /// How many sandboxes wait for runs.
    public var parking: ParkingOptions
    /// Lets ``RunRequest/withoutLayers`` work, for tests: the launcher itself refuses it otherwise.
    package var layersOptional = false
    /// Every run waits until a sandbox waits for it, so that a test knows what it tests.
    package var awaitsParked = false
    /// When the launcher counts as silent; shorter in tests.
    package var launcherTimes = LauncherWatch.Times()

    public init(
        runtimesDirectory: String? = nil, cgroupName: String = "clawrunner", permitDegraded: Set<String> = [],
        dropCapabilities: Bool = false, concurrentRunsMax: Int = 256, egress: EgressOptions = .init(),
        parking: ParkingOptions = .init()
    ) {
        self.runtimesDirectory = runtimesDirectory
        self.cgroupName = cgroupName
        self.permitDegraded = permitDegraded
        self.dropCapabilities = dropCapabilities
        self.concurrentRunsMax = concurrentRunsMax
        self.egress = egress
        self.parking = parking
    }
}
