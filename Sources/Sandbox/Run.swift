import CLinux
public import Fields
package import SandboxProtocol

// What a run takes and what it gives: the whole data interface of the module.

/// One run of one program in one sandbox.
public struct RunRequest: Sendable {
    /// What the sandbox may do; from ``ProfileStore``.
    public var profile: Profile
    /// Lowered limits of the skill; checked to be within the profile's.
    public var limits: Limits
    /// An absolute path of the host whose tree appears read-only at /skill; nil leaves /skill empty.
    public var skillDirectory: String?
    /// The program and its arguments. The program is an absolute path inside the sandbox, or is looked up in /skill
    /// (when it contains a slash) and then on PATH.
    public var arguments: [String]
    /// Added to the profile's environment.
    public var environment: [String: String]
    /// What the program reads on standard input.
    public var standardInput: [UInt8]
    /// What the program may connect to, by name and through the daemon; at most ``NetworkDestination/countMax``. The
    /// profile's own are added.
    public var destinations: [NetworkDestination]
    /// A command that can be started before `arguments` and `skillDirectory` are known, such as a Python that waits for
    /// what to load. On its descriptor 3 come, once they are known and up to end of file, texts ended by NUL: the number
    /// of arguments and of variables, the program, ``arguments``, and the environment as `NAME=VALUE`; `skillDirectory` is
    /// at /skill then. Nil: there is none.
    public var interpreter: [String]?
    /// The program may be started before this run is asked for, if it begins by reading its standard input: all that it
    /// does before, it does without knowing for what.
    public var startsAhead = false
    /// Reports every system call and path of the run in ``RunOutcome/observation``. Slow, for profiles to be learnt.
    public var observes = false
    /// Layers left out, so that a test can show what each of them is for.
    package var withoutLayers: LayerSet = []

    public init(
        profile: Profile, limits: Limits? = nil, skillDirectory: String? = nil, arguments: [String],
        environment: [String: String] = [:], standardInput: [UInt8] = [], destinations: [NetworkDestination] = []
    ) {
        self.profile = profile
        self.limits = limits ?? profile.limits
        self.skillDirectory = skillDirectory
        self.arguments = arguments
        self.environment = environment
        self.standardInput = standardInput
        self.destinations = destinations
    }
}

/// How a run ended, what it wrote and what it used.
public struct RunOutcome: Sendable {
    public var verdict: Verdict
    public var standardOutput: [UInt8]
    /// The first bytes, up to the limit; the rest was read and dropped.
    public var standardError: [UInt8]
    public var standardErrorTruncated: Bool
    public var usage: RunUsage
    public var report: IsolationReport
    public var times = RunTimes()
    /// False only where it is certain that nothing was executed for this run: the same may be asked for again.
    public var mayHaveBegun = true
    /// What the run did, where the request asked for it.
    public var observation: RunObservation?

    public init(
        verdict: Verdict, standardOutput: [UInt8], standardError: [UInt8], standardErrorTruncated: Bool = false,
        usage: RunUsage, report: IsolationReport
    ) {
        self.verdict = verdict
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.standardErrorTruncated = standardErrorTruncated
        self.usage = usage
        self.report = report
    }
}

/// Resources that a run used.
public struct RunUsage: Hashable, Sendable {
    /// From the start of the program to the end of its tree.
    public var wallMicroseconds: Int64 = 0
    /// User and system time of the whole tree.
    public var cpuMicroseconds: Int64 = 0
    /// The most memory that was charged to the sandbox at once.
    public var peakMemoryBytes: Int64 = 0

    public init(wallMicroseconds: Int64 = 0, cpuMicroseconds: Int64 = 0, peakMemoryBytes: Int64 = 0) {
        self.wallMicroseconds = wallMicroseconds
        self.cpuMicroseconds = cpuMicroseconds
        self.peakMemoryBytes = peakMemoryBytes
    }

    /// Of this run and of one before it together.
    public mutating func add(_ former: RunUsage) {
        wallMicroseconds += former.wallMicroseconds
        cpuMicroseconds += former.cpuMicroseconds
        peakMemoryBytes = max(peakMemoryBytes, former.peakMemoryBytes)
    }
}

/// When the steps of a run came, in nanoseconds of CLOCK_MONOTONIC; nil for steps that did not take place.
public struct RunTimes: Hashable, Sendable {
    /// Its pipes were there, and its sandbox where one waited.
    public var acquired: Int64?
    /// The launcher had it, and its clocks began.
    public var dispatched: Int64?
    /// The sandbox was built.
    public var sealed: Int64?
    /// The program was executed. For what was started ahead both were done when the run came.
    public var executed: Int64?
    /// The first byte of standard output came.
    public var firstByte: Int64?
    /// The program ended.
    public var exited: Int64?
    /// Its tree was dead, and all that it wrote was read.
    public var collected: Int64?

    public init() {}

    init(_ ended: Ended, acquired: Int64?, firstByte: Int64?) {
        self.acquired = acquired
        self.firstByte = firstByte
        dispatched = ended.times.begun
        (sealed, executed, exited) = (ended.times.sealed, ended.times.executed, ended.times.exited)
        collected = clw_monotonic_ns()
    }
}
