import ArgumentParser

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the daemon: market, sandboxes and books behind one Unix socket.",
        discussion: """
            Without options, data lie in CLAWRUNNER_DATA, else /var/lib/clawrunner (root) or \
            ~/.local/share/clawrunner, and the socket is clawrunner.sock in there. SIGHUP reloads profiles, \
            rates and limits; SIGTERM and SIGINT finish the running executions and stop.

            Examples:
              clawrunner serve
              clawrunner serve --data /srv/claw --listen 127.0.0.1:8080 --log-format json
              curl --unix-socket /srv/claw/clawrunner.sock http://localhost/healthz
            """)

    @Option(help: ArgumentHelp("A configuration file (TOML).", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Where packages, books and keys are kept.", valueName: "dir"))
    var data: String?

    @Option(help: ArgumentHelp("The Unix socket to listen on.", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("Listen on loopback TCP too.", valueName: "host:port"))
    var listen: String?

    @Option(help: ArgumentHelp("Sandbox profiles.", valueName: "dir"))
    var profiles: String?

    @Option(help: ArgumentHelp("The runners of Python and Node handlers.", valueName: "dir"))
    var runtimes: String?

    @Option(help: ArgumentHelp("The claw-launcher executable.", valueName: "path"))
    var launcher: String?

    @Option(help: "text or json.")
    var logFormat: ServeConfiguration.LogFormat?

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    func run() async throws {
        try await start().run()
    }

    /// The part that comes before other threads exist.
    func start() throws(CommandFailure) -> DaemonStart {
        try DaemonStart(
            ServeConfiguration(
                configFile: config.map(InstalledPaths.absolute), dataDirectory: data.map(InstalledPaths.absolute),
                socketPath: socket.map(InstalledPaths.absolute), listen: listen,
                profilesDirectory: profiles.map(InstalledPaths.absolute),
                runtimesDirectory: runtimes.map(InstalledPaths.absolute),
                launcherPath: launcher.map(InstalledPaths.absolute), logFormat: logFormat, logLevel: logLevel))
    }
}

extension ServeConfiguration.LogFormat: ExpressibleByArgument {}
