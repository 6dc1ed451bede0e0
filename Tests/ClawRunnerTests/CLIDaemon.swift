import Foundation
import NodeTestSupport
import Testing

extension CLIProcess {
    /// Runs `body` beside a daemon on a directory of its own.
    static func withDaemon(_ configuration: String, _ body: (CLIProcess) async throws -> Void) async throws {
        let cli = try CLIProcess()
        defer { NodeFixture.remove(cli.directory.path) }
        let file = try cli.writeConfiguration(configuration)
        let daemon = Process()
        daemon.executableURL = CLIProcess.executable
        daemon.arguments = ["serve", "--data", cli.path("data"), "--config", file, "--log-level", "trace"]
        #expect(FileManager.default.createFile(atPath: cli.path("daemon.log"), contents: nil))
        let log = FileHandle(forWritingAtPath: cli.path("daemon.log"))
        daemon.standardOutput = log
        daemon.standardError = log
        try daemon.run()
        try log?.close()
        let end = ContinuousClock.now + .seconds(20)
        while try await cli.run("market", "list").status != 0 {
            try #require(daemon.isRunning && ContinuousClock.now < end, "the daemon did not start")
        }
        let result: Result<Void, any Error>
        do {
            try await body(cli)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        daemon.terminate()
        while daemon.isRunning { try? await Task.sleep(for: .milliseconds(5)) }
        try result.get()
    }

    /// Runs a command that must succeed.
    @discardableResult
    func succeed(_ arguments: [String], input: String? = nil) async throws -> Output {
        let output = try await run(arguments, input: input)
        #expect(output.status == 0, "\(arguments): \(output.standardError)")
        return output
    }
}
