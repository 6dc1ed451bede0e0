import ExecutionNode
import Fields
import Foundation
import Logging
import Metering
import NIOCore
import Sandbox

/// Everything that a daemon works by: command line, configuration file and defaults put together.
struct DaemonSettings: Sendable {
    var dataDirectory: String
    var socketPath: String
    var listen: ListenAddress?
    var profilesDirectory: String
    var runtimesDirectory: String
    var launcherPath: String
    var logFormat: ServeConfiguration.LogFormat
    var logLevel: Logger.Level
    var connections: ConnectionLimits
    /// How long running executions may take to end once the daemon is told to stop.
    var shutdownSeconds: Int64
    /// Layers whose absence on this host the operator permits.
    var permitDegraded: Set<String>
    var cgroupName: String
    /// How declared destinations are reached; stays until a restart.
    var egress: EgressOptions
    var crossOrigin: CrossOrigin
    var parking: ParkingOptions
    var node: NodeConfiguration
    private let configFile: String?

    /// - Throws: ``CommandFailure`` when the file is wrong or a part of the installation is missing.
    init(_ configuration: ServeConfiguration) throws(CommandFailure) {
        do {
            let file = try ConfigurationFile(path: configuration.configFile)
            let data =
                configuration.dataDirectory ?? file.dataDirectory ?? DefaultPlaces.current.dataDirectory
            dataDirectory = data
            socketPath =
                configuration.socketPath ?? file.socketPath
                ?? (configuration.dataDirectory == nil && file.dataDirectory == nil
                    ? DefaultPlaces.current.socket : DefaultPlaces.socket(inDataDirectory: data))
            let paths = InstalledPaths.current
            profilesDirectory =
                try configuration.profilesDirectory ?? file.profilesDirectory ?? paths.path(of: .profiles)
            runtimesDirectory =
                try configuration.runtimesDirectory ?? file.runtimesDirectory ?? paths.path(of: .runtimes)
            launcherPath = try configuration.launcherPath ?? file.launcherPath ?? paths.path(of: .launcher)
            listen = try (configuration.listen ?? file.listen).map {
                try ListenAddress($0, allowRemote: file.allowRemote)
            }
            logFormat = configuration.logFormat ?? file.logFormat ?? .text
            logLevel = try Self.level(configuration.logLevel) ?? file.logLevel ?? .info
            connections = file.connections
            shutdownSeconds = file.shutdownSeconds
            permitDegraded = file.permitDegraded
            cgroupName = file.cgroupName
            egress = file.egress
            crossOrigin = file.crossOrigin
            parking = file.parking
            node = file.node
            configFile = configuration.configFile
            node.dataDirectory = data
            node.topUpHook = file.topUpProgram.map { TopUpProgram(path: $0, log: data + "/top-up.log") }
        } catch {
            throw CommandFailure(error)
        }
    }

    /// - Throws: `FieldError` when a name in `profileMap` stands for a profile that does not exist or is not for skills.
    func checkProfileMap(_ profiles: ProfileStore) throws(FieldError) {
        for (wanted, name) in node.profileMap.sorted(by: { $0.key < $1.key })
        where profiles.forSkills(named: name) == nil {
            let names = profiles.namesForSkills
            throw FieldError(
                path: "profileMap.\(wanted)",
                message: "there is no profile \(quoted(name)) for skills; there are \(names.joined(separator: ", "))",
                suggestion: nearestName(to: name, in: names), file: configFile)
        }
    }

    private static func level(_ text: String?) throws(CommandFailure) -> Logger.Level? {
        guard let text else { return nil }
        guard let level = Logger.Level(rawValue: text) else {
            let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure(.usage, "There is no log level \(text); there are \(names).")
        }
        return level
    }
}
