import Foundation

/// The measured daemon: a child with its data in the bench's own folder.
final class Daemon {
    private static let startSecondsMax = 20

    let socket: String
    private let data: String
    private let log: String
    private let child: Child

    /// - Parameter folder: of its own; made when it is not there.
    init(executable: String, folder: String, profiles: String) throws(BenchFailure) {
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        data = "\(folder)/data"
        socket = "\(folder)/daemon.sock"
        log = "\(folder)/daemon.log"
        // As delivered, but for the rate limits, which would end a long series.
        let configuration = """
            [log]
            level = "warning"
            [rates.license]
            quota = 1000000000
            burst = 1000000000
            [rates.agent]
            quota = 1000000000
            burst = 1000000000
            [reviews]
            scanners = []

            """
        let file = "\(folder)/clawrunner.toml"
        guard FileManager.default.createFile(atPath: file, contents: Data(configuration.utf8)) else {
            throw BenchFailure("\(file) cannot be written")
        }
        var environment = ProcessInfo.processInfo.environment
        // What is set for another daemon is not meant for this one.
        for name in ["CLAWRUNNER_DATA", "CLAWRUNNER_SOCKET", "CLAWRUNNER_CONFIG"] { environment[name] = nil }
        child = try Child(
            executable, ["serve", "--config", file, "--data", data, "--socket", socket, "--profiles", profiles],
            environment: environment.map { "\($0.key)=\($0.value)" }, log: log, piped: false)
    }

    func awaitReady() throws(BenchFailure) {
        for _ in 0..<Self.startSecondsMax * 100 {
            try Interrupt.check()
            guard child.poll() == nil else { throw BenchFailure("The daemon ended before it was ready.") }
            if FileManager.default.fileExists(atPath: socket), let connection = try? HTTPConnection(socket: socket),
                let answer = try? connection.exchange(HTTPRequest("GET", "/readyz").bytes), answer.status == 200
            {
                return
            }
            usleep(10_000)
        }
        throw BenchFailure("The daemon was not ready within \(Self.startSecondsMax) s.")
    }

    func operatorKey() throws(BenchFailure) -> String {
        guard let text = try? String(contentsOfFile: "\(data)/operator.key", encoding: .utf8) else {
            throw BenchFailure("The daemon wrote no operator.key.")
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func stop() {
        child.stop(byEndOfInput: false)
    }

    /// Resident memory of the daemon's own process; nil where it cannot be read.
    var residentBytes: Int64? {
        let text = (try? String(contentsOfFile: "/proc/\(child.pid)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(whereSeparator: \.isWhitespace).compactMap { Int64($0) }.first.map { $0 * 1024 }
    }

    func showingLogOnFailure<Value>(
        _ body: () throws(BenchFailure) -> Value
    ) throws(BenchFailure) -> Value {
        do {
            return try body()
        } catch {
            showLog()
            throw error
        }
    }

    private func showLog() {
        for line in LogTail.lines(of: log, 15) { FileHandle.standardError.write(Data("daemon: \(line)\n".utf8)) }
    }
}
