/// What the command line says about a daemon; the configuration file and the defaults fill in the rest.
///
/// Precedence: command line, then configuration file, then ``DefaultPlaces`` and ``InstalledPaths``.
struct ServeConfiguration: Sendable {
    enum LogFormat: String, Sendable, CaseIterable {
        /// One line for a person.
        case text
        /// One JSON object a line.
        case json
    }

    /// A TOML file; nil uses no file.
    var configFile: String?
    var dataDirectory: String?
    var socketPath: String?
    /// `HOST:PORT` of loopback TCP; nil listens on the socket only.
    var listen: String?
    var profilesDirectory: String?
    var runtimesDirectory: String?
    var launcherPath: String?
    var logFormat: LogFormat?
    /// `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`.
    var logLevel: String?

    init(
        configFile: String? = nil, dataDirectory: String? = nil, socketPath: String? = nil, listen: String? = nil,
        profilesDirectory: String? = nil, runtimesDirectory: String? = nil, launcherPath: String? = nil,
        logFormat: LogFormat? = nil, logLevel: String? = nil
    ) {
        self.configFile = configFile
        self.dataDirectory = dataDirectory
        self.socketPath = socketPath
        self.listen = listen
        self.profilesDirectory = profilesDirectory
        self.runtimesDirectory = runtimesDirectory
        self.launcherPath = launcherPath
        self.logFormat = logFormat
        self.logLevel = logLevel
    }
}
