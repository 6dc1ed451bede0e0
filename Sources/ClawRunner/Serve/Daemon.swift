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

/// Runs the daemon until it is told to stop.
///
/// The order matters: the locks come first, so that a second daemon disturbs nothing; then the launcher, before threads
/// exist and while the daemon still has its capabilities; then the store; runs that a crash interrupted are booked; and
/// only then does the daemon listen.
/// - Throws: ``CommandFailure`` when it cannot start.
func runDaemon(_ configuration: ServeConfiguration) async throws {
    let settings = try DaemonSettings(configuration)
    // Nothing that the daemon makes is for others; the socket's mode is set once it is bound.
    umask(0o077)
    try DaemonPlaces.prepareDirectory(settings.dataDirectory)
    let socketDirectory = (settings.socketPath as NSString).deletingLastPathComponent
    try DaemonPlaces.prepareDirectory(socketDirectory)
    try DaemonPlaces.checkSocketPath(settings.socketPath)
    let dataLock = try LockFile(
        path: settings.dataDirectory + "/daemon.lock", what: "the data directory \(settings.dataDirectory)")
    let socketLock = try LockFile(path: settings.socketPath + ".lock", what: "the socket \(settings.socketPath)")
    let host = try startSandboxes(settings)
    do {
        try await Daemon(settings, configuration, host).run()
        await host.shutdown()
    } catch {
        await host.shutdown()
        throw error is CancellationError ? error : CommandFailure(error, .refused)
    }
    withExtendedLifetime((dataLock, socketLock)) {}
}

/// Starts the launcher, and drops every capability of this process once it runs.
private func startSandboxes(_ settings: DaemonSettings) throws(CommandFailure) -> SandboxHost {
    let options = SandboxOptions(
        runtimesDirectory: settings.runtimesDirectory, cgroupName: settings.cgroupName,
        permitDegraded: settings.permitDegraded, dropCapabilities: true,
        concurrentRunsMax: settings.node.runsMax)
    do throws(SandboxError) {
        return try SandboxHost(launcherPath: settings.launcherPath, options: options)
    } catch {
        throw CommandFailure(
            .sandbox, error.detail, hint: error.fix ?? "Run `clawrunner doctor` to see what this host can enforce.")
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
        let keys = try SigningKeys(directory: settings.dataDirectory + "/keys")
        let operatorKey = try OperatorKey(file: settings.dataDirectory + "/operator.key")
        let store = try SQLiteStore(path: settings.dataDirectory + "/market.db", signer: keys.current)
        let node = try await ExecutionNode.start(
            settings.node, store: store, signing: keys, runner: host, profiles: profiles, logger: logger)
        let api = API(
            routes: HTTPServer.routes(
                node: node, operatorKey: operatorKey, metrics: metrics, readiness: readiness))
        noteHost()
        do {
            try await serve(api, node, profiles)
        } catch {
            unlink(settings.socketPath)
            try? await store.close()
            throw error
        }
        unlink(settings.socketPath)
        try await store.close()
        logger.notice("stopped")
    }

    private func serve(_ api: API, _ node: ExecutionNode, _ profiles: ProfileStore) async throws {
        var services: [any Service] = [
            HTTPServer.service(
                api, address: .unixDomainSocket(path: settings.socketPath), limits: settings.connections,
                logger: logger
            ) { _ in
                chmod(settings.socketPath, 0o660)
                if settings.listen == nil { announce("\(settings.socketPath)") }
            },
            UpkeepService(node: node, logger: logger),
            ReloadService(configuration: configuration, node: node, profiles: profiles, logger: logger),
            ReadinessService(readiness: readiness),
        ]
        if let listen = settings.listen {
            services.append(
                HTTPServer.service(
                    api, address: .hostname(listen.host, port: listen.port), limits: settings.connections,
                    logger: logger
                ) { channel in
                    announce(
                        "\(settings.socketPath) and \(listen.host) port \(channel.localAddress?.port ?? listen.port)")
                })
        }
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        // Past this, executions that still run are cancelled; each of them is booked all the same.
        group.maximumGracefulShutdownDuration = .seconds(settings.shutdownSeconds)
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
