import Foundation

@testable import ClawRunner

/// A `clawrunner serve` process on a data directory that a test names, so that it can be started there again.
final class StartedDaemon: @unchecked Sendable {
    // Unchecked: used by one test, one call at a time; clients are values.
    let process = Process()
    let socket: String
    private let log: String

    /// Returns when it takes requests or has ended; see `process.isRunning`.
    init(_ cli: CLIProcess, data: String = "data", socket: String? = nil, configuration: String = "") async throws {
        let data = cli.path(data)
        self.socket = socket ?? "\(data)/clawrunner.sock"
        log = cli.path("\(UUID().uuidString).log")
        let file = try cli.writeConfiguration(configuration)
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let handle = FileHandle(forWritingAtPath: log)
        let words =
            cli.wrapper + [CLIProcess.executable.path, "serve", "--data", data, "--config", file]
            + (socket.map { ["--socket", $0] } ?? [])
        process.executableURL = URL(filePath: words[0])
        process.arguments = Array(words.dropFirst())
        process.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": cli.directory.path]
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        try handle?.close()
        for _ in 0..<1000 where process.isRunning {
            if try await status("/readyz") == 200 { return }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// What a failed test leaves.
    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    var said: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    func client(_ key: String? = nil) -> MarketClient { MarketClient(socket: socket, key: key) }

    /// Of the answer to a GET; nil when there is none.
    func status(_ path: String) async throws -> Int? { try? await client().send(ClientRequest(.get, path)).status }

    /// - Returns: the exit status.
    @discardableResult
    func stop() async throws -> Int32 {
        if process.isRunning { process.terminate() }
        while process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
        return process.terminationStatus
    }
}
