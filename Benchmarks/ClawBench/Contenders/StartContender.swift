import CLinux
import Glibc

/// A program that is started and waited for, by the starter (`Benchmarks/programs/starter.c`).
final class StartContender: Contender {
    let name: String
    let every: Int
    private let starter: Child
    private let log: String

    /// - Parameters:
    ///   - command: an absolute path and its arguments.
    ///   - folder: where its standard error goes.
    init(_ name: String, _ command: [String], every: Int = 1, programs: Programs, folder: String) throws(BenchFailure) {
        self.name = name
        self.every = every
        log = "\(folder)/\(name).log"
        starter = try Child(
            programs.starter, command, environment: ["PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/tmp"],
            log: log, piped: true)
    }

    func measure() throws(BenchFailure) -> Int64 {
        try starter.write([1])
        let result = try starter.read(atMost: 16)
        guard result.count == 16 else { throw BenchFailure("\(name): the starter ended") }
        let nanoseconds = result.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 0, as: Int64.self) }
        let status = result.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8, as: Int32.self) }
        guard status == 0 else { throw BenchFailure("\(name): \(reason(status))") }
        return nanoseconds
    }

    func stop() {
        starter.stop(byEndOfInput: true)
    }

    /// What it said, else how it ended.
    private func reason(_ status: Int32) -> String {
        let said = LogTail.lines(of: log, 3)
        if !said.isEmpty { return said.joined(separator: " ") }
        if clw_exited(status) != 0 { return "it ended with status \(clw_exit_status(status))" }
        return "it was ended by signal \(clw_term_signal(status))"
    }
}
