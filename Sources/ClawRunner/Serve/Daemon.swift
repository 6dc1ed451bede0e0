import CLinux
import ExecutionNode
import Fields
import Foundation
import Hummingbird
import LicenseCheck
import Logging
import MarketCore
import Metrics
import Sandbox
import ServiceLifecycle
import Storage
import Synchronization
import UnixSignals

/// The part of a daemon's start that must come before other threads exist.
///
/// The order matters: the locks come first, so that a second daemon disturbs nothing; then the launcher, while the
/// daemon still has its capabilities, which the threads that follow must not have. Then, in ``run()``, the store; runs
/// that a crash interrupted are booked; and only then does the daemon listen.
struct DaemonStart: Sendable {
    private let configuration: ServeConfiguration
    private let settings: DaemonSettings
    private let locks: [LockFile]
    private let host: SandboxHost

    /// Blocks for some tens of milliseconds. Called on the main thread.
    /// - Throws: ``CommandFailure``.
    init(_ configuration: ServeConfiguration) throws(CommandFailure) {
        self.configuration = configuration
        // More of them cost memory, and threads that share one hardly wait: few run at once.
        clw_heaps_max(CInt(ProcessInfo.processInfo.activeProcessorCount))
        // Every request, run and relayed connection takes some; a session's usual 1024 are few for all of them.
        clw_raise_open_files()
        settings = try DaemonSettings(configuration)
        // Nothing that the daemon makes is for others; the socket's mode is set once it is bound.
        umask(0o077)
        try DaemonPlaces.prepareDirectory(settings.dataDirectory)
        try DaemonPlaces.prepareDirectory((settings.socketPath as NSString).deletingLastPathComponent)
        try DaemonPlaces.checkSocketPath(settings.socketPath)
        locks = [
            try LockFile(
                path: settings.dataDirectory + "/daemon.lock", what: "the data directory \(settings.dataDirectory)"),
            try LockFile(path: settings.socketPath + ".lock", what: "the socket \(settings.socketPath)"),
        ]
        let options = SandboxOptions(
            runtimesDirectory: settings.runtimesDirectory, cgroupName: settings.cgroupName,
            permitDegraded: settings.permitDegraded, dropCapabilities: true,
            // The node bounds the runs, and may be told to allow more while it runs.
            concurrentRunsMax: ConfigurationFile.runsMax, egress: settings.egress,
            parking: settings.parking)
        do throws(SandboxError) {
            host = try SandboxHost(launcherPath: settings.launcherPath, options: options)
        } catch {
            throw CommandFailure(
                error.code == .request ? .usage : .sandbox, CommandFailure.sentence(error.detail),
                hint: error.fix ?? "Run `clawrunner doctor` to see what this host can enforce.")
        }
    }

    /// Runs until SIGTERM or SIGINT.
    /// - Throws: ``CommandFailure``.
    func run() async throws {
        defer { withExtendedLifetime(locks) {} }
        do {
            try await Daemon(settings, configuration, host).run()
            await host.shutdown()
        } catch {
            await host.shutdown()
            // What the operator wrote is wrong, or the world is.
            throw CommandFailure(error, error is FieldError || error is SigningKeyError ? .usage : .refused)
        }
    }
}

/// A daemon whose places are locked and whose launcher runs.
private struct Daemon {
    private let settings: DaemonSettings
    private let configuration: ServeConfiguration
    private let host: SandboxHost
    private let logger: Logger
    private let metrics = PrometheusMetrics()
    private let readiness = Readiness()
    private let runs = CancelSwitch()

    init(_ settings: DaemonSettings, _ configuration: ServeConfiguration, _ host: SandboxHost) {
        self.settings = settings
        self.configuration = configuration
        self.host = host
        let format = settings.logFormat
        LineLogHandler.level.withLock { $0 = settings.logLevel }
        LoggingSystem.bootstrap { LineLogHandler(label: $0, format: format) }
        MetricsSystem.bootstrap(metrics)
        logger = Logger(label: "clawrunner")
    }

    func run() async throws {
        let profiles = try ProfileStore(directory: settings.profilesDirectory)
        try settings.checkProfileMap(profiles)
        let keys = try SigningKeys(directory: settings.dataDirectory + "/keys")
        let operatorKey = try OperatorKey(file: settings.dataDirectory + "/operator.key")
        let store = try SQLiteStore(path: settings.dataDirectory + "/market.db", signer: keys)
        let node = try await ExecutionNode.start(
            settings.node, store: store, signing: keys, runner: host, profiles: profiles, logger: logger)
        let api = API(
            routes: HTTPServer.routes(
                node: node, operatorKey: operatorKey, metrics: metrics, readiness: readiness, runs: runs),
            node: node, crossOrigin: settings.crossOrigin, logger: logger)
        noteHost()
        do {
            try await serve(api, node, profiles, keys)
        } catch {
            unlink(settings.socketPath)
            await node.stop()
            try? await store.close()
            throw error
        }
        unlink(settings.socketPath)
        await node.stop()
        try await store.close()
        logger.notice("stopped")
    }

    private func serve(
        _ api: API, _ node: ExecutionNode, _ profiles: ProfileStore, _ keys: SigningKeys
    ) async throws {
        // What the frameworks say about themselves is for whoever traces them.
        var frameworkLogger = logger
        frameworkLogger.logLevel = .warning
        let connections = settings.connections.fitting(
            openFiles: Int(clamping: clw_open_files()), listeners: settings.listen == nil ? 1 : 2)
        if connections.connectionsMax < settings.connections.connectionsMax {
            logger.notice(
                "fewer connections at once than configured, for there are few descriptors",
                metadata: [
                    "connections": .stringConvertible(connections.connectionsMax),
                    "configured": .stringConvertible(settings.connections.connectionsMax),
                ])
        }
        var services: [any Service] = [
            HTTPServer.service(
                api, address: .unixDomainSocket(path: settings.socketPath), limits: connections,
                logger: frameworkLogger
            ) { _ in
                chmod(settings.socketPath, 0o660)
                if settings.listen == nil { announce("\(settings.socketPath)") }
            },
            UpkeepService(node: node, logger: logger), TopUpService(node: node, logger: logger),
            ReloadService(
                configuration: configuration, node: node, profiles: profiles, keys: keys, logger: logger),
        ]
        if let listen = settings.listen {
            services.append(
                HTTPServer.service(
                    api, address: .hostname(listen.host, port: listen.port), limits: connections,
                    logger: frameworkLogger
                ) { channel in
                    announce(
                        "\(settings.socketPath) and \(listen.host) port \(channel.localAddress?.port ?? listen.port)")
                })
        }
        // Services are stopped from the last to the first: this one is told before the servers wait for their clients.
        services.append(
            StopService(readiness: readiness, runs: runs, runsMayTake: .seconds(settings.shutdownSeconds)))
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: frameworkLogger)
        // Past this, connections are closed, whether their answers are out or not.
        group.maximumGracefulShutdownDuration = .seconds(settings.shutdownSeconds) + StopService.grace
        try await ServiceGroup(configuration: group).run()
    }

    private func announce(_ places: String) {
        readiness.set(true)
        logger.notice("listening", metadata: ["on": .string(places)])
    }

    private func noteHost() {
        for layer in host.hostReport.layers where layer.state != .on {
            logger.warning(
                "a layer is not fully there",
                metadata: [
                    "layer": .string(layer.name), "state": .string("\(layer.state)"), "cause": .string(layer.detail),
                ])
        }
    }
}
