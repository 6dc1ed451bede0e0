import CoreMetrics
import ExecutionNode
import Fields
import Foundation
import Logging
import Metering
import NIOCore
import Testing

@testable import ClawRunner

@Suite("Daemon: configuration, addresses, locks, keys, logs, metrics")
struct HTTPDaemonPartsTests {
    private func file(_ text: String) throws -> ConfigurationFile {
        try ConfigurationFile(try FieldReader.toml(text, file: "daemon.toml"), directory: "/etc/claw")
    }

    @Test("a configuration file sets what it names and leaves the rest; relative paths start from the file")
    func configuration() throws {
        let file = try file(
            """
            data = "/srv/claw"
            profiles = "profiles"
            listen = "127.0.0.1:0"
            permitDegraded = ["landlock"]
            publicUrl = "https://node.example"
            [log]
            format = "json"
            level = "debug"
            [limits]
            runs = 3
            waitSeconds = 0
            requestBytes = 2048
            idempotencyBytes = 2097152
            freeBytes = 0
            requestTimeout = 5
            shutdownTimeout = 7
            [rates.license]
            quota = 60
            [rates.address]
            burst = 5
            [rates.registration]
            window = 3600
            [billing]
            verdicts = ["ok", "timeout", "launch_failed"]
            [profileMap]
            python = "strict"
            """)
        #expect(file.dataDirectory == "/srv/claw")
        #expect(file.profilesDirectory == "/etc/claw/profiles")
        #expect(file.socketPath == nil)
        #expect(file.logFormat == .json)
        #expect(file.logLevel == .debug)
        #expect(file.node.runsMax == 3)
        #expect(file.node.waitingMax == 4096)
        #expect(file.node.waitSecondsMax == 0)
        #expect(file.node.requestBytesMax == 2048)
        #expect(file.node.outcomeBytesMax == 2 << 20)
        #expect(file.node.freeBytesMin == 0)
        #expect(file.connections.receive == .seconds(5))
        #expect(file.connections.idle == .seconds(60))
        #expect(file.shutdownSeconds == 7)
        #expect(file.node.licenseRate == RateLimit(quota: 60, windowSeconds: 60, burst: 1000))
        #expect(file.node.addressRate == RateLimit(quota: 60_000, windowSeconds: 60, burst: 5))
        #expect(file.node.registrationRate == RateLimit(quota: 600, windowSeconds: 3600, burst: 100))
        #expect(file.node.billing.billedVerdicts == ["ok", "timeout"], "the platform's failures are never billed")
        #expect(file.node.profileMap == ["python": "strict"])
        #expect(file.permitDegraded == ["landlock"])
    }

    @Test(
        "a configuration that is wrong is refused with file, line and field",
        arguments: [
            ("dta = \"/x\"", "dta"), ("[limits]\nruns = 0", "limits.runs"),
            ("[limits]\nruns = \"many\"", "limits.runs"), ("[limits]\nwaitSeconds = 3601", "limits.waitSeconds"),
            ("[log]\nformat = \"xml\"", "log.format"), ("[rates.license]\nburst = 0", "rates.license.burst"),
            ("[rates.license]\nqouta = 1", "rates.license.qouta"), ("[rates.addres]\nquota = 1", "rates.addres"),
            ("[rates.registration]\nwindow = 86401", "rates.registration.window"), ("listen = 8080", "listen"),
            ("[limits]\nidleTimeout = \"1m\"", "limits.idleTimeout"),
            ("[billing]\nverdicts = [\"ok\", \"timout\"]", "billing.verdicts"),
        ])
    func wrongConfiguration(text: String, field: String) {
        do {
            _ = try file(text)
            Issue.record("\(text) was accepted")
        } catch let error as FieldError {
            #expect(error.path == field)
            #expect(error.file == "daemon.toml")
            #expect(error.line != nil)
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test("the daemon listens on loopback; other addresses only when that is allowed")
    func addresses() throws {
        #expect(try ListenAddress("127.0.0.1:8080", allowRemote: false).description == "127.0.0.1:8080")
        #expect(try ListenAddress("127.8.9.1:1", allowRemote: false).host == "127.8.9.1")
        #expect(try ListenAddress("localhost:0", allowRemote: false).port == 0)
        #expect(try ListenAddress("[::1]:80", allowRemote: false).host == "::1")
        #expect(try ListenAddress("0.0.0.0:80", allowRemote: true).host == "0.0.0.0")
        let wrong = [
            "0.0.0.0:80", "192.168.1.1:80", "[::]:80", "example.org:80", "127.0.0.1", ":80", "127.0.0.1:70000",
            "127.0.0.1:x", "127.0.0.1.example.org:80", "127.evil:80", "127.0.0.256:80",
        ]
        for text in wrong {
            #expect(throws: CommandFailure.self, "\(text)") { try ListenAddress(text, allowRemote: false) }
        }
    }

    @Test("a lock is held by one, and free again when that one is gone")
    func locks() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "lock-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            let lock = try LockFile(path: path, what: "the data directory /x")
            #expect(throws: CommandFailure.self) { try LockFile(path: path, what: "the data directory /x") }
            withExtendedLifetime(lock) {}
        }
        _ = try LockFile(path: path, what: "the data directory /x")
    }

    @Test("a directory that others may write to, and a socket path that is too long or taken, are refused")
    func places() throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "places-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: root) }
        try DaemonPlaces.prepareDirectory("\(root)/deep/data")
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(root)/deep/data")
        #expect(attributes[.posixPermissions] as? Int == 0o700)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: root)
        #expect(throws: CommandFailure.self) { try DaemonPlaces.prepareDirectory(root) }
        #expect(throws: CommandFailure.self) {
            try DaemonPlaces.checkSocketPath("/tmp/" + String(repeating: "x", count: 110))
        }
        try DaemonPlaces.checkSocketPath("\(root)/none.sock")
        try Data().write(to: URL(fileURLWithPath: "\(root)/file"))
        #expect(throws: CommandFailure.self) { try DaemonPlaces.checkSocketPath("\(root)/file") }
    }

    @Test("the operator's key is made once, kept for its owner alone, and compared whole")
    func operatorKey() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "key-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let made = try OperatorKey(file: path)
        let text = try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .newlines)
        #expect(text.hasPrefix("claw_operator_"))
        #expect(made.matches(text))
        #expect(try OperatorKey(file: path).matches(text))
        for other in ["", String(text.dropLast()), text + "x", text.replacing("claw", with: "clew")] {
            #expect(!made.matches(other))
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(throws: CommandFailure.self) { try OperatorKey(file: path) }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        try Data("nothing\n".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(throws: CommandFailure.self) { try OperatorKey(file: path) }
    }

    @Test("a log line is one line, whatever is logged")
    func logs() throws {
        func line(_ format: ServeConfiguration.LogFormat) -> String {
            String(
                decoding: LineLogHandler.line(
                    time: "2026-01-31T09:30:00.250Z", level: .notice, label: "x", message: "a\nb \u{1B}[31m",
                    fields: [("key", "two words"), ("other", "\"q\"")], format: format), as: UTF8.self)
        }
        let text = line(.text)
        #expect(text.filter { $0 == "\n" }.count == 1)
        #expect(!text.contains("\u{1B}"))
        #expect(text.hasPrefix("2026-01-31T09:30:00.250Z notice   a\\nb"))
        #expect(text.contains("key=\"two words\""))
        let json = try JSONValue(parsing: line(.json))
        #expect(json["message"]?.string == "a\nb \u{1B}[31m")
        #expect(json["level"]?.string == "notice")
        #expect(json["key"]?.string == "two words")
    }

    @Test("metrics are rendered as Prometheus reads them")
    func metrics() {
        let metrics = PrometheusMetrics()
        metrics.makeCounter(label: "runs.total", dimensions: [("verdict", "o\"k\n")]).increment(by: 2)
        metrics.makeCounter(label: "runs.total", dimensions: [("verdict", "o\"k\n")]).increment(by: 1)
        metrics.makeRecorder(label: "open", dimensions: [], aggregate: false).record(1.5)
        let timer = metrics.makeTimer(label: "took_seconds", dimensions: [])
        timer.recordNanoseconds(2_000_000)
        timer.recordNanoseconds(120_000_000_000)
        let text = metrics.render()
        #expect(text.contains("# TYPE clawrunner_runs_total counter\nclawrunner_runs_total{verdict=\"o\\\"k\\n\"} 3\n"))
        #expect(text.contains("# TYPE clawrunner_open gauge\nclawrunner_open 1.5\n"))
        #expect(text.contains("clawrunner_took_seconds_bucket{le=\"0.001\"} 0\n"))
        #expect(text.contains("clawrunner_took_seconds_bucket{le=\"0.0025\"} 1\n"))
        #expect(text.contains("clawrunner_took_seconds_bucket{le=\"60\"} 1\n"))
        #expect(text.contains("clawrunner_took_seconds_bucket{le=\"+Inf\"} 2\n"))
        #expect(text.contains("clawrunner_took_seconds_sum 120.002\n"))
        #expect(text.contains("clawrunner_took_seconds_count 2\n"))
    }
}
