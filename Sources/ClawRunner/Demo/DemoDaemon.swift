import Foundation

/// The daemon of the demo: this executable again, with `serve`, in a directory of its own.
struct DemoDaemon: Sendable {
    /// How long a daemon may take to answer its first request.
    private static let startSecondsMax = 15
    /// How long it may take to end.
    private static let stopSecondsMax = 10

    let data: String
    let socket: String
    private let log: String
    private let process: ChildProcess

    init(directory: String) throws(CommandFailure) {
        data = "\(directory)/data"
        socket = "\(data)/clawrunner.sock"
        log = "\(directory)/daemon.log"
        let file = "\(directory)/daemon.toml"
        // Scanners that this host may have take seconds for each package, and may want to be set up first.
        guard FileManager.default.createFile(atPath: file, contents: Data("[reviews]\nscanners = []\n".utf8)) else {
            throw CommandFailure(.refused, "\(file) cannot be written.")
        }
        // What the user has set for another daemon is not meant for this one.
        var environment = ProcessInfo.processInfo.environment
        for name in ["CLAWRUNNER_DATA", "CLAWRUNNER_SOCKET", "CLAWRUNNER_CONFIG"] { environment[name] = nil }
        process = try ChildProcess(
            InstalledPaths.current.executable,
            ["serve", "--config", file, "--data", data, "--socket", socket, "--log-level", "info"],
            environment: environment, log: log)
    }

    func client(key: String?) -> MarketClient {
        MarketClient(socket: socket, key: key)
    }

    /// - Throws: ``CommandFailure`` when it has ended, or does not answer in time.
    func waitUntilReady() async throws(CommandFailure) {
        let end = ContinuousClock.now + .seconds(Self.startSecondsMax)
        let client = client(key: nil)
        while ContinuousClock.now < end {
            guard process.poll() == nil else {
                throw CommandFailure(.refused, "The daemon ended before it was ready.")
            }
            // Connecting before the socket is there would only cost a failed request.
            if FileManager.default.fileExists(atPath: socket),
                let answer = try? await client.send(ClientRequest(.get, "/readyz")), answer.status == 200
            {
                return
            }
            do {
                try await Task.sleep(for: .milliseconds(5))
            } catch {
                throw CommandFailure(.refused, "Interrupted.")
            }
        }
        throw CommandFailure(.unreachable, "The daemon was not ready within \(Self.startSecondsMax) s.")
    }

    /// The key that the daemon wrote for its operator.
    func operatorKey() throws(CommandFailure) -> String {
        try KeyFile.read("\(data)/operator.key")
    }

    @discardableResult
    func stop() async -> Bool {
        await process.stop(graceSeconds: Self.stopSecondsMax)
    }

    func logTail() -> [String] {
        guard let bytes = FileManager.default.contents(atPath: log) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).suffix(15).map(String.init)
    }
}
