import Foundation

/// Where a daemon keeps its data and listens when nobody says otherwise; the same answer for daemon and client.
struct DefaultPlaces: Sendable {
    static let current = DefaultPlaces(
        environment: ProcessInfo.processInfo.environment, home: home(ProcessInfo.processInfo.environment),
        isRoot: geteuid() == 0)

    let environment: [String: String]
    let home: String
    let isRoot: Bool

    /// `CLAWRUNNER_DATA`, else `/var/lib/clawrunner` for root, else `$XDG_DATA_HOME/clawrunner`.
    var dataDirectory: String {
        if let named = value("CLAWRUNNER_DATA") { return InstalledPaths.absolute(named) }
        if isRoot { return "/var/lib/clawrunner" }
        return (value("XDG_DATA_HOME") ?? "\(home)/.local/share") + "/clawrunner"
    }

    /// The socket of the daemon that keeps `dataDirectory`.
    static func socket(inDataDirectory dataDirectory: String) -> String {
        "\(dataDirectory)/clawrunner.sock"
    }

    /// `CLAWRUNNER_SOCKET`, else the socket in the data directory.
    var socket: String {
        value("CLAWRUNNER_SOCKET").map(InstalledPaths.absolute) ?? Self.socket(inDataDirectory: dataDirectory)
    }

    /// `$XDG_CONFIG_HOME/clawrunner`, where clients keep API keys and purchase tokens.
    var configurationDirectory: String {
        (value("XDG_CONFIG_HOME") ?? "\(home)/.config") + "/clawrunner"
    }

    /// `HOME`, else what the user database says.
    static func home(_ environment: [String: String]) -> String {
        environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
    }

    /// An empty variable counts as unset, as the XDG base directory specification asks.
    private func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
