import ExecutionNode
import Fields
import LicenseCheck
import Logging
import Sandbox
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Stores and drops now and then what needs no hurry.
struct UpkeepService: Service {
    private static let interval = Duration.seconds(60)

    let node: ExecutionNode
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.interval)) != nil { await upkeep() }
        }
        await upkeep()
    }

    private func upkeep() async {
        do throws(NodeError) {
            try await node.maintain()
        } catch {
            logger.warning("upkeep failed", metadata: ["cause": .string("\(error)")])
        }
    }
}

/// Asks for payments, apart from all other upkeep: the operator's program may take long.
struct TopUpService: Service {
    private static let interval = Duration.seconds(60)

    let node: ExecutionNode
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.interval)) != nil {
                do throws(NodeError) {
                    try await node.askForTopUps()
                } catch {
                    logger.warning("top-ups were not asked for", metadata: ["cause": .string("\(error)")])
                }
            }
        }
    }
}

/// Reads profiles, configuration and signing keys again on SIGHUP. What is wrong changes nothing; runs that go on keep what they
/// started with. Places and listening addresses stay until a restart.
struct ReloadService: Service {
    let configuration: ServeConfiguration
    let node: ExecutionNode
    let profiles: ProfileStore
    let keys: SigningKeys
    let logger: Logger

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown {
            for await _ in signals { await reload() }
        }
    }

    private func reload() async {
        do {
            let settings = try DaemonSettings(configuration)
            try settings.checkProfileMap(try ProfileStore(directory: profiles.directory))
            let signsAnew = try keys.reload()
            try profiles.reload()
            node.reconfigure(settings.node)
            node.drainParked()
            LineLogHandler.level.withLock { $0 = settings.logLevel }
            if signsAnew { try await node.noteSigningKey() }
            logger.notice(
                "reloaded",
                metadata: ["profiles": .stringConvertible(profiles.names.count), "key": .string(keys.current.keyID)])
        } catch {
            logger.error("not reloaded; everything stays as it was", metadata: ["cause": .string("\(error)")])
        }
    }
}

/// Says that the daemon is not ready any more as soon as it is told to stop, and cancels the runs that take too long
/// from then on.
struct StopService: Service {
    /// How long clients have to take the answers of runs that were cancelled.
    static let grace = Duration.seconds(5)

    let readiness: Readiness
    let runs: CancelSwitch
    let runsMayTake: Duration

    func run() async throws {
        try? await gracefulShutdown()
        readiness.set(false)
        // Not waited for: the servers are told to stop only once this returns.
        Task {
            try? await Task.sleep(for: runsMayTake)
            runs.cancel()
        }
    }
}
