import Fields
import Foundation

/// Runs the built `clawrunner` as users do: as a process with arguments, an environment and streams.
struct CLIProcess: Sendable {
    struct Output: Sendable {
        let status: Int32
        let standardOutput: String
        let standardError: String

        /// Standard output as one JSON value; nil when it is anything else.
        var json: JSONValue? { try? JSONValue(parsing: Array(standardOutput.utf8)) }
    }

    struct Unfinished: Error {
        let arguments: [String]
    }

    /// A directory for this test alone: the working directory, with the configuration in it.
    let directory: URL
    var environment: [String: String] = [:]
    /// Words before the program's own, such as of a program that starts it.
    var wrapper: [String] = []

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "claw-cli-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    func remove() {
        try? FileManager.default.removeItem(at: directory)
    }

    func path(_ name: String) -> String { directory.appending(path: name).path }

    func write(_ text: String, to name: String) throws {
        let url = directory.appending(path: name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// Writes the configuration of a daemon that reviews without this host's scanners, which take their time.
    /// - Returns: its path.
    func writeConfiguration(_ text: String = "") throws -> String {
        try write(text + "\n[reviews]\nscanners = []\n", to: "daemon.toml")
        return path("daemon.toml")
    }

    /// The executable beside the test bundle.
    static var executable: URL {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "clawrunner")
    }

    func run(_ arguments: String..., input: String? = nil) async throws -> Output {
        try await run(arguments, input: input)
    }

    /// - Parameter interruptAfterSeconds: when SIGINT is sent, as by Ctrl-C.
    func run(
        _ arguments: [String], input: String? = nil, secondsMax: Double = 60, interruptAfterSeconds: Double? = nil
    ) async throws -> Output {
        let process = Process()
        let words = wrapper + [Self.executable.path] + arguments
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        process.currentDirectoryURL = directory
        var environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": directory.path]
        environment["XDG_CONFIG_HOME"] = path("config")
        environment["CLAWRUNNER_DATA"] = path("data")
        process.environment = environment.merging(self.environment) { $1 }

        // Files rather than pipes: nobody has to empty them while the process runs.
        let streams = ["in", "out", "err"].map { path(".\($0)-\(UUID().uuidString)") }
        _ = FileManager.default.createFile(atPath: streams[0], contents: Data((input ?? "").utf8))
        _ = FileManager.default.createFile(atPath: streams[1], contents: nil)
        _ = FileManager.default.createFile(atPath: streams[2], contents: nil)
        let handles = [
            FileHandle(forReadingAtPath: streams[0]), FileHandle(forWritingAtPath: streams[1]),
            FileHandle(forWritingAtPath: streams[2]),
        ]
        process.standardInput = handles[0]
        process.standardOutput = handles[1]
        process.standardError = handles[2]
        try process.run()
        // Foundation keeps them open for good, and with more than a thousand open files it reads beyond its list of them.
        for handle in handles { try handle?.close() }
        let end = ContinuousClock.now + .seconds(secondsMax)
        var interruption = interruptAfterSeconds.map { ContinuousClock.now + .seconds($0) }
        while process.isRunning {
            if let moment = interruption, ContinuousClock.now >= moment {
                process.interrupt()
                interruption = nil
            }
            guard ContinuousClock.now < end else {
                process.terminate()
                throw Unfinished(arguments: arguments)
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        let texts = streams.map { String(decoding: FileManager.default.contents(atPath: $0) ?? Data(), as: UTF8.self) }
        streams.forEach { try? FileManager.default.removeItem(atPath: $0) }
        // As a shell tells it.
        let status = process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
        return Output(status: status, standardOutput: texts[1], standardError: texts[2])
    }
}
