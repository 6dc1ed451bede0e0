import Fields
public import LicenseCheck
public import Logging
public import MarketCore
public import Metering
public import Sandbox
import Synchronization

/// The proxy path as a library: authenticate, check the licence, hold, run in a sandbox, settle, receipt.
///
/// ```swift
/// let node = try await ExecutionNode.start(configuration, store: store, signing: keys, runner: host, profiles: profiles)
/// let reply = try await node.execute(ExecuteRequest(caller: buyer, skill: "word-stats", endpoint: "/count", payload: …))
/// ```
///
/// Safe to call from any number of tasks. A node must be the only one that writes to its data directory.
public final class ExecutionNode: Sendable {
    public typealias Store = MarketStore & VersionStore & ReportStore & MeteringStore & AuditStore & ControlStore
        & ReviewStore & ReputationStore & DiscoveryStore
        & AnalyticsStore & WorkflowStore

    private let settings: Mutex<NodeConfiguration>
    let store: any Store
    let runner: any SkillRunner
    let profiles: ProfileStore
    let logger: Logger
    let signing: SigningKeys
    let keys = APIKeyIndex()
    let signatures = SignatureGate()
    let licenses: LicenseIndex
    let gate: LicenseGate
    let skills: SkillDirectory
    let packages: PackageStore
    let vault: SecretVault
    let meter: Meter
    let idempotency: IdempotencyRegistry
    let limiter = RateLimiter()
    let slots: RunSlots
    let unbooked = UnbookedRuns()
    let desk = ReviewDesk()
    let space: FreeSpace
    let memory = MemoryWatch()
    let workflowPlans = WorkflowPlans()
    let controls = Controls()
    let running = RunningCalls()
    let later = LaterRuns()

    private init(
        _ configuration: NodeConfiguration, _ store: any Store, _ signing: SigningKeys, _ runner: any SkillRunner,
        _ profiles: ProfileStore, _ logger: Logger
    ) throws(NodeError) {
        settings = Mutex(configuration)
        self.store = store
        self.signing = signing
        self.runner = runner
        self.profiles = profiles
        self.logger = logger
        let licenses = LicenseIndex { id throws(StoreError) in try await store.purchase(id: id) }
        self.licenses = licenses
        gate = LicenseGate(keys: signing, purchases: licenses)
        skills = SkillDirectory(store: store)
        packages = try PackageStore(directory: configuration.dataDirectory + "/packages")
        vault = SecretVault(directory: configuration.dataDirectory + "/keys")
        let journal: HoldJournal
        do throws(JournalError) {
            journal = try HoldJournal(path: configuration.dataDirectory + "/holds.journal")
        } catch {
            throw NodeError(status: 503, code: "journal_unavailable", detail: error.description)
        }
        meter = Meter(store: store, journal: journal)
        idempotency = IdempotencyRegistry(store: store)
        space = FreeSpace(directory: configuration.dataDirectory)
        slots = RunSlots(runsMax: configuration.runsMax, waitingMax: configuration.waitingMax)
    }

    /// Starts a node on its data directory, which must exist. Runs that a former process left open are booked as
    /// interrupted before this returns.
    /// - Throws: ``NodeError`` when the directory or the store cannot be used.
    public static func start(
        _ configuration: NodeConfiguration, store: any Store, signing: SigningKeys, runner: any SkillRunner,
        profiles: ProfileStore, logger: Logger = Logger(label: "clawrunner.node")
    ) async throws(NodeError) -> ExecutionNode {
        let node = try ExecutionNode(configuration, store, signing, runner, profiles, logger)
        try await node.recover()
        let keys = try await node.inStore { () throws(StoreError) in try await store.apiKeys() }
        for key in keys { node.keys.insert(key) }
        let (pauses, inactive) = try await node.inStore { () throws(StoreError) in
            (try await store.pauses(), try await store.inactiveAgents())
        }
        node.controls.load(pauses, inactive)
        try await node.noteSigningKey()
        try await node.resumeReviews()
        return node
    }

    /// Books the runs that a former process left open.
    private func recover() async throws(NodeError) {
        let report = try await inStore { () throws(StoreError) in
            try await meter.recover {
                InterruptedRun.report($0).serialized()
            } responding: { _, usage, receipt in
                InterruptedRun.outcome(usage, receipt: receipt)
            }
        }
        if let path = report.keptJournal {
            logger.error(
                "the hold journal is damaged; runs that were under way may lack their record",
                metadata: ["kept": .string(path), "lines": .stringConvertible(report.damagedLines)])
        } else if report.damagedLines > 0 {
            // A write that a crash cut short: its run had not begun.
            logger.notice(
                "lines of the hold journal could not be read",
                metadata: ["lines": .stringConvertible(report.damagedLines)])
        }
        if !report.interrupted.isEmpty {
            logger.notice(
                "interrupted runs are booked at no cost",
                metadata: ["runs": .stringConvertible(report.interrupted.count)])
        }
        for failure in report.failed {
            logger.critical(
                "an interrupted run could not be booked",
                metadata: [
                    "execution": .string(failure.id.description), "cause": .string(failure.error.description),
                ])
        }
        // Calls would take money under holds whose runs are not booked; the next start tries again.
        for failure in report.failed {
            if case .store(.unavailable(let reason)) = failure.error { throw NodeError(StoreError.unavailable(reason)) }
        }
    }

    package var configuration: NodeConfiguration { settings.withLock { $0 } }

    /// Works by other settings from the next call on. The data directory stays what it was.
    public func reconfigure(_ configuration: NodeConfiguration) {
        settings.withLock { settings in
            let dataDirectory = settings.dataDirectory
            settings = configuration
            settings.dataDirectory = dataDirectory
        }
        slots.resize(runsMax: configuration.runsMax, waitingMax: configuration.waitingMax)
    }

    /// Numbers for a gauge: open holds, runs that wait, slots that are free, runs that ended and are not booked.
    package var load: (openHolds: Int, waiting: Int, freeSlots: Int, unbooked: Int) {
        (meter.openHolds, slots.waiting, slots.free, unbooked.state.count)
    }

    /// How well waiting sandboxes serve the runs that come.
    public var parkingReport: ParkingReport { runner.parkingReport }

    /// Drops the sandboxes that wait. To be called when the profiles were read again; runs that go on are not disturbed.
    public func drainParked() { runner.drainParked() }

    /// Ends the runs that were answered 202, and tries once more to book what is not booked yet, and gives up then: the next start books those runs as
    /// interrupted. To be called after the last call, before the store is closed.
    public func stop() async {
        await later.stop()
        await desk.stop()
        await unbooked.stop()
    }

    /// Stores when keys were last used, ends and drops what is past its time, brings reputations up to date, and renews
    /// subscriptions. To be called now and then, such as every minute.
    public func maintain() async throws(NodeError) {
        let uses = keys.takeUses()
        try await inStore { () throws(StoreError) in
            if !uses.isEmpty { try await store.noteUse(of: uses) }
            try await store.endKeys(at: .now)
            try await idempotency.prune()
            try await store.pruneWorkflows(
                before: Timestamp.now.advanced(byMilliseconds: -IdempotencyRegistry.retentionMilliseconds))
            if let days = configuration.reportDays {
                try await store.pruneReports(before: Timestamp.now.advanced(byMilliseconds: -days * 86_400_000))
            }
        }
        try await refreshReputations()
        try await inStore { () throws(StoreError) in
            try await store.refreshIndex()
            try await store.refreshAnalytics()
        }
        try await renewSubscriptions()
    }

    /// Turns what the store throws into what a client gets.
    func inStore<Value>(_ work: () async throws(StoreError) -> Value) async throws(NodeError) -> Value {
        do throws(StoreError) {
            return try await work()
        } catch {
            if case .corrupt = error { logger.error("the store is damaged", metadata: ["cause": .string("\(error)")]) }
            throw NodeError(error)
        }
    }
}
