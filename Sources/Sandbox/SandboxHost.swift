internal import CCap
import CLinux
internal import Fields
import Glibc
internal import SandboxProtocol
import Synchronization

/// Runs programs in sandboxes, through a launcher process that it owns.
///
/// ```swift
/// let host = try SandboxHost(launcherPath: "/usr/libexec/clawrunner/claw-launcher")
/// let outcome = await host.run(RunRequest(profile: profile, arguments: ["/usr/bin/true"]))
/// ```
public final class SandboxHost: Sendable {
    let reactor: Reactor
    let options: SandboxOptions
    private let launcherPID: pid_t

    /// Starts the launcher and waits until it has probed the host.
    ///
    /// Blocking, some tens of milliseconds. Call it before other threads exist when `dropCapabilities` is set.
    /// - Throws: ``SandboxError`` when the launcher cannot be started or does not answer. A host that lacks layers is
    ///   no error here: see ``hostReport``.
    public init(launcherPath: String, options: SandboxOptions = .init()) throws(SandboxError) {
        let unknown = options.permitDegraded.filter { Layer(name: $0) == nil }
        guard unknown.isEmpty else {
            throw SandboxError(
                code: .request, detail: "\(unknown.sorted().joined(separator: ", ")) is not a layer",
                fix: "layers are \(Layer.allCases.map(\.name).joined(separator: ", "))")
        }
        let launcher = try LauncherProcess.start(
            path: launcherPath,
            arguments: [options.cgroupName] + (options.layersOptional ? ["--layers-optional"] : []))
        let (hello, worker) = try launcher.awaitHello(milliseconds: 20_000)
        if options.dropCapabilities { try Self.dropCapabilities() }
        reactor = try Reactor(
            launcher: launcher, hello: hello, worker: worker, times: options.launcherTimes, parking: options.parking)
        launcherPID = launcher.pid
        self.options = options
    }

    /// What this host can enforce.
    public var hostReport: HostReport { reactor.hostReport }

    /// Runs one program in a sandbox of its own and waits for the end of its whole process tree.
    ///
    /// Never throws: what keeps a sandbox from being built is the verdict `launch_failed` with the layer and the reason.
    /// Cancelling the task kills the tree; the verdict is then `cancelled`.
    public func run(_ request: RunRequest) async -> RunOutcome {
        let hostReport = hostReport
        // Nothing is enforced until something runs.
        var layers: LayerSet = []
        do {
            layers = try effectiveLayers(request, hostReport)
            let launch = try launch(request, layers)
            let destinations = Self.destinations(request)
            let egress = destinations.isEmpty ? nil : EgressRelay(destinations, options.egress)
            let choices = try choices(request, launch, layers)
            var performed = try await perform(request, launch, egress, choices)
            if case .failed(let failure) = performed.end, failure.stage == .parked {
                // It died while it waited, or cannot take this run. Nothing outside of it has seen the request.
                performed = try await perform(request, launch, egress, [])
            }
            let report = await egress?.finish(ended: performed.end.byItself)
            return outcome(request, layers, hostReport, performed, report)
        } catch {
            let verdict = Verdict(
                kind: .launchFailed, detail: error.description, layer: error.layer, reason: error.code.rawValue)
            return launchFailed(request, layers, hostReport, verdict, mayHaveBegun: false)
        }
    }

    /// Ends every run as cancelled and waits until the launcher is gone.
    public func shutdown() async {
        reactor.stop()
        for _ in 0..<500 {
            var status: Int32 = 0
            if unsafe waitpid(launcherPID, &status, WNOHANG) != 0 { return }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    // MARK: Before

    /// All layers but those that are missing here and that the profile does not require or the operator permitted.
    func effectiveLayers(_ request: RunRequest, _ host: HostReport) throws(SandboxError) -> LayerSet {
        if let obstacle = host.obstacle {
            throw SandboxError(
                code: .layerMissing, layer: obstacle.name,
                detail: "No sandbox can be built on this host: \(obstacle.name): \(obstacle.detail)", fix: obstacle.fix)
        }
        var layers = LayerSet.all
        for (layer, report) in host.missing.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let permitted =
                options.permitDegraded.contains(layer.name) || request.profile.permitDegraded.contains(layer)
            guard permitted || !request.profile.requires.contains(layer) else {
                throw SandboxError(
                    code: .layerMissing, layer: layer.name,
                    detail:
                        "The profile \(request.profile.name) requires the layer \(layer.name), which this host lacks: "
                        + report.detail,
                    fix: report.fix)
            }
            layers = layers.removing(layer)
        }
        for layer in request.withoutLayers.layers { layers = layers.removing(layer) }
        return layers
    }

    func launch(_ request: RunRequest, _ layers: LayerSet) throws(SandboxError) -> Launch {
        let environment = request.profile.environment.merging(request.environment) { $1 }
        let strings = request.arguments + environment.flatMap { [$0.key, $0.value] } + [request.skillDirectory ?? ""]
        guard let program = request.arguments.first, !program.isEmpty else {
            throw SandboxError(code: .program, detail: "The request names no program.")
        }
        guard !strings.contains(where: { $0.utf8.contains(0) }) else {
            throw SandboxError(code: .request, detail: "An argument or a variable has a NUL byte.")
        }
        // Half of a message, so that the rest of it always fits.
        guard strings.reduce(0, { $0 + $1.utf8.count + 8 }) <= Message.bytesMax / 2 else {
            throw SandboxError(code: .request, detail: "Arguments and variables are longer than 80 KiB together.")
        }
        let destinations = Self.destinations(request)
        try Self.check(destinations, request.profile, layers)
        guard !request.observes || layers.contains(.seccomp) else {
            throw SandboxError(code: .request, detail: "A run without the layer seccomp cannot be observed.")
        }
        guard reactor.runCount < options.concurrentRunsMax else {
            throw SandboxError(
                code: .request, detail: "\(options.concurrentRunsMax) runs are under way, as many as this host allows.")
        }
        let key = TemplateTable.Key(
            profile: request.profile.identity, layers: layers, network: !destinations.isEmpty)
        return Launch(
            template: try template(key, request.profile), limits: request.limits.wire,
            skillPath: request.skillDirectory ?? "",
            programs: Self.candidates(program, path: environment["PATH"] ?? ""), arguments: request.arguments,
            environment: Self.variables(environment),
            destinations: destinations.map { Destination(host: $0.host, port: $0.port) },
            observes: request.observes)
    }

    func template(_ key: TemplateTable.Key, _ profile: Profile) throws(SandboxError) -> UInt64 {
        try reactor.template(key) { () throws(SandboxError) in
            CompiledTemplate(
                template: TemplateBuilder.template(
                    profile, layers: key.layers, runtimesDirectory: options.runtimesDirectory,
                    interpreter: key.interpreter),
                filter: try SeccompCompiler.compile(profile.syscalls, network: key.network))
        }
    }

    static func variables(_ environment: [String: String]) -> [String] {
        environment.map { "\($0.key)=\($0.value)" }.sorted()
    }

    /// The profile's and the request's own.
    private static func destinations(_ request: RunRequest) -> [NetworkDestination] {
        let granted = request.profile.destinations
        return granted + request.destinations.filter { !granted.contains($0) }
    }

    private static func check(
        _ destinations: [NetworkDestination], _ profile: Profile, _ layers: LayerSet
    ) throws(SandboxError) {
        guard !destinations.isEmpty else { return }
        guard destinations.count <= NetworkDestination.countMax else {
            throw SandboxError(
                code: .request,
                detail: "A run may have \(NetworkDestination.countMax) destinations, not \(destinations.count).")
        }
        if let call = ["socket", "connect"].first(where: { !profile.syscalls.allowed.contains($0) }) {
            throw SandboxError(
                code: .request,
                detail: "The profile \(profile.name) refuses the system call \(call), so nothing can be connected to.",
                fix: "choose another profile, or declare no destinations")
        }
        guard layers.contains(.networkNamespace) else {
            throw SandboxError(
                code: .layerMissing, layer: Layer.networkNamespace.name,
                detail: "Declared destinations need a network namespace, which this run does not have.")
        }
    }

    /// Where the program may be: in the package, then on PATH.
    static func candidates(_ program: String, path: String) -> [String] {
        if program.hasPrefix("/") { return [program] }
        let onPath = program.contains("/") ? [] : path.split(separator: ":").prefix(32).map { "\($0)/\(program)" }
        return ["/skill/\(program)"] + onPath
    }

    // MARK: During

    /// How a run ended, and where.
    private struct Performed {
        var end: RunEnd
        /// What was started in its sandbox before it came; nil when it built its own.
        var start: ParkedStart?
        var startObstacle: String?
        /// The launcher was told of it.
        var isSent = false
        /// CLOCK_MONOTONIC: it has its pipes, and a sandbox where one waited.
        var acquiredAt: Int64 = 0
    }

    private func perform(
        _ request: RunRequest, _ launch: Launch, _ egress: EgressRelay?, _ choices: [ParkChoice]
    ) async throws(SandboxError) -> Performed {
        var launch = launch
        let id = reactor.newID()
        let taken = await take(choices)
        defer { if !taken.kinds.isEmpty { reactor.giveBack(taken) } }
        var performed = Performed(
            end: .lost, start: taken.sandbox?.recipe.start, startObstacle: taken.obstacle)
        if let sandbox = taken.sandbox {
            launch.parked = sandbox.id
            launch.template = sandbox.recipe.launch.template
        }
        let pipes: RunPipes
        if let waiting = taken.sandbox { pipes = waiting.pipes } else { pipes = try RunPipes() }
        performed.acquiredAt = clw_monotonic_ns()
        let cancelled = Atomic<Bool>(false)
        var isSent = false
        performed.end = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let active = ActiveRun(
                    id: id, pipes: pipes, limits: request.limits, input: request.standardInput,
                    inputWaits: taken.sandbox?.recipe.start == .program, egress: egress
                ) {
                    continuation.resume(returning: $0)
                }
                isSent = reactor.start(active, launch)
                // The next one is built while this run goes on.
                if taken.isLast { reactor.refill() }
                // A cancellation before the start found no run to kill.
                if cancelled.load(ordering: .acquiring) { reactor.kill(id, .cancelled) }
            }
        } onCancel: {
            cancelled.store(true, ordering: .releasing)
            reactor.kill(id, .cancelled)
        }
        performed.isSent = isSent
        return performed
    }

    // MARK: After

    private func outcome(
        _ request: RunRequest, _ layers: LayerSet, _ host: HostReport, _ performed: Performed, _ egress: EgressReport?
    ) -> RunOutcome {
        switch performed.end {
        case .ended(let ended, var output):
            var verdict = VerdictDecision.decide(ended, request.limits, output)
            if let egress {
                verdict = egress.explain(verdict)
                output.append(lines: egress.log)
            }
            return outcome(request, layers, host, verdict, ended, output, egress, performed)
        case .failed(let failure):
            let verdict = VerdictDecision.launchFailed(failure, program: request.arguments.first ?? "")
            return launchFailed(request, layers, host, verdict, mayHaveBegun: false)
        case .silent:
            let verdict = Verdict(
                kind: .launchFailed,
                detail: "The launcher did not answer in time, so the run was given up; try again.",
                reason: "launcher_silent")
            return launchFailed(request, layers, host, verdict, mayHaveBegun: performed.isSent)
        case .lost:
            let verdict = Verdict(
                kind: .launchFailed, detail: "The launcher died while the skill ran; try again.",
                reason: "launcher_died")
            return launchFailed(request, layers, host, verdict, mayHaveBegun: performed.isSent)
        }
    }

    private func launchFailed(
        _ request: RunRequest, _ layers: LayerSet, _ host: HostReport, _ verdict: Verdict, mayHaveBegun: Bool
    ) -> RunOutcome {
        var outcome = outcome(request, layers, host, verdict, nil, CapturedOutput())
        outcome.mayHaveBegun = mayHaveBegun
        return outcome
    }

    private func outcome(
        _ request: RunRequest, _ layers: LayerSet, _ host: HostReport, _ verdict: Verdict, _ ended: Ended?,
        _ output: CapturedOutput, _ egress: EgressReport? = nil, _ performed: Performed? = nil
    ) -> RunOutcome {
        var usage = RunUsage()
        var times = RunTimes()
        if let ended {
            usage.wallMicroseconds = ended.wallMicroseconds
            usage.cpuMicroseconds = Int64(clamping: ended.cpuMicroseconds)
            usage.peakMemoryBytes = Int64(clamping: ended.peakMemoryBytes)
            times = RunTimes(ended, acquired: performed?.acquiredAt, firstByte: output.firstByteAt)
        }
        let report = IsolationReport(
            profile: request.profile, limits: request.limits, layers: layers, host: host, ended: ended, output: output,
            egress: egress, times: times, start: performed?.start, startObstacle: performed?.startObstacle)
        var outcome = RunOutcome(
            verdict: verdict, standardOutput: output.output, standardError: output.error,
            standardErrorTruncated: output.errorCount > Int64(output.error.count), usage: usage, report: report)
        outcome.observation = ended?.observation.map(RunObservation.init)
        outcome.times = times
        return outcome
    }

    /// Ours go once the launcher has its own; the bounding set too, so that no later exec brings them back.
    private static func dropCapabilities() throws(SandboxError) {
        for capability in 0..<cap_max_bits() where cap_get_bound(capability) == 1 {
            // Without CAP_SETPCAP the set cannot shrink; then there is nothing in it that we could use either.
            _ = cap_drop_bound(capability)
        }
        guard let none = unsafe cap_init(), unsafe cap_set_proc(none) == 0 else {
            throw SandboxError(
                code: .launcher, detail: "the daemon's capabilities cannot be dropped: \(describe(errno))")
        }
        unsafe cap_free(UnsafeMutableRawPointer(none))
    }
}

extension Limits {
    /// The part that launcher and kernel enforce.
    var wire: RunLimits {
        RunLimits(
            wallMilliseconds: UInt64(wallMilliseconds), cpuMilliseconds: UInt64(cpuMilliseconds),
            cpuPercent: UInt64(cpuRatePercent), memoryBytes: UInt64(memoryBytes), pidsMax: UInt64(pidsMax),
            tmpBytes: UInt64(tmpBytes), fileSizeBytes: UInt64(fileSizeBytes), openFiles: UInt64(openFiles))
    }
}
