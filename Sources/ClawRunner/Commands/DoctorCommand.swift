import ArgumentParser
import ExecutionNode
import Fields
import Foundation
import Sandbox

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what this host can enforce, and how to fix what it cannot.",
        discussion: """
            Every layer is tried, not guessed, and every profile runs one program. The exit status is 0 when every \
            layer is on and every profile can run, 1 when something is weaker but every profile can run, else 3.

            Examples:
              clawrunner doctor
              clawrunner doctor --json | jq '.layers[] | select(.state != "on")'
            """)

    @OptionGroup var sandboxOptions: LocalSandboxOptions

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func run() async throws {
        let sandbox = try LocalSandbox.open(sandboxOptions)
        let report = sandbox.host.hostReport
        var trials: [ProfileTrial] = []
        for name in sandbox.profiles.names {
            guard let profile = sandbox.profiles.profile(named: name) else { continue }
            trials.append(await ProfileTrial(profile, sandbox.host))
        }
        var scanners: [ScannerTrial] = []
        if let profile = sandbox.profiles.profile(named: ReviewScanner.profile) {
            for scanner in ReviewScanner.all { scanners.append(await ScannerTrial(scanner, profile, sandbox.host)) }
        }
        await sandbox.close()
        let interpreters = ["python3", "node"].map(Interpreter.init)
        if json {
            var object = report.json.object ?? [:]
            object["profiles"] = .array(trials.map(\.json))
            object["interpreters"] = .array(interpreters.map(\.json))
            object["scanners"] = .array(scanners.map(\.json))
            Terminal.output.line(JSONValue.object(object).description)
        } else {
            show(report)
            show(trials)
            show(interpreters)
            show(scanners)
        }
        if trials.isEmpty || trials.contains(where: { !$0.canRun }) {
            throw ExitCode(CommandStatus.sandbox.rawValue)
        }
        if report.layers.contains(where: { $0.state != .on }) { throw ExitCode(CommandStatus.refused.rawValue) }
    }

    private func show(_ report: HostReport) {
        let terminal = Terminal.output
        terminal.line(
            "Kernel \(report.kernel), \(report.rootless ? "without root" : "as root"), cgroups \(report.cgroups), "
                + "Landlock ABI \(report.landlockABI)")
        terminal.line()
        if let obstacle = report.obstacle {
            terminal.line(terminal.styled("No sandbox can be built here.", .red))
            show("", 0, "\(obstacle.name): \(obstacle.detail)", indent: 2)
            if let fix = obstacle.fix { show("", 0, "fix: " + fix, indent: 2) }
            terminal.line()
            return
        }
        let width = report.layers.map(\.name.count).max() ?? 0
        for layer in report.layers {
            let style: Terminal.Style =
                switch layer.state {
                case .on: .green
                case .degraded: .yellow
                case .missing: .red
                }
            let head = layer.name.padding(to: width) + "  " + terminal.styled(layer.state.rawValue, style)
            show(head, width + 2 + layer.state.rawValue.count, layer.detail, indent: width + 12)
            if let fix = layer.fix { show("", 0, "fix: " + fix, indent: width + 12) }
        }
        let missing = report.layers.count { $0.state == .missing }
        let degraded = report.layers.count { $0.state == .degraded }
        terminal.line(
            missing == 0 && degraded == 0
                ? "All \(report.layers.count) layers are on."
                : "\(report.layers.count - missing - degraded) layers on, \(degraded) degraded, \(missing) missing.")
        terminal.line()
    }

    private func show(_ trials: [ProfileTrial]) {
        let terminal = Terminal.output
        let width = trials.map(\.name.count).max() ?? 0
        for trial in trials {
            let state = trial.canRun ? "runs" : "cannot run"
            let head = trial.name.padding(to: width) + "  " + terminal.styled(state, trial.canRun ? .green : .red)
            show(head, width + 2 + state.count, trial.detail, indent: width + 14)
        }
    }

    private func show(_ interpreters: [Interpreter]) {
        Terminal.output.line()
        for interpreter in interpreters {
            Terminal.output.line(
                interpreter.path.map { "\(interpreter.name) is \($0)" }
                    ?? "\(interpreter.name) is not below /usr: skills that need it end with launch_failed")
        }
    }

    private func show(_ scanners: [ScannerTrial]) {
        Terminal.output.line()
        for scanner in scanners { Terminal.output.line("\(scanner.name) \(scanner.words)") }
    }

    /// A head of a known width, then text from a column on, on as many lines as it takes.
    private func show(_ head: String, _ headWidth: Int, _ text: String, indent: Int) {
        let lines = Terminal.wrapped(text, width: max(20, 80 - indent))
        let blanks = String(repeating: " ", count: lines.isEmpty ? 0 : max(1, indent - headWidth))
        Terminal.output.line(head + blanks + (lines.first ?? ""))
        for line in lines.dropFirst() { Terminal.output.line(String(repeating: " ", count: indent) + line) }
    }
}

/// One program run under one profile, to see whether its sandbox can be built here.
private struct ProfileTrial {
    let name: String
    let outcome: RunOutcome

    init(_ profile: Profile, _ host: SandboxHost) async {
        name = profile.name
        outcome = await host.run(RunRequest(profile: profile, arguments: ["true"]))
    }

    var canRun: Bool { outcome.verdict.kind == .ok }

    var detail: String {
        if canRun { return Quantity.time(microseconds: outcome.usage.wallMicroseconds) }
        return outcome.verdict.layer.map { "requires the layer \($0), see above" } ?? outcome.verdict.detail
    }

    var json: JSONValue {
        ["name": .string(name), "canRun": .bool(canRun), "verdict": outcome.verdict.json]
    }
}

/// A scanner of the publish pipeline, which looks at nothing, to see whether it works here.
private struct ScannerTrial {
    let name: String
    private let answer: ReviewScanner.Answer

    init(_ scanner: ReviewScanner, _ profile: Profile, _ host: SandboxHost) async {
        name = scanner.name
        answer = await scanner.scan(nil, profile: profile, host)
    }

    var words: String {
        switch answer {
        case .found(_, _, let detail): "looks at what is published: \(detail)"
        case .missing:
            "is not on the PATH of the profile scanner: publications wait for the operator if reviews.scanners names it"
        case .failed(let why): "fails, so what is published waits for the operator: \(why)"
        case .notRun(let verdict): "cannot be run, so nothing can be published: \(verdict.detail)"
        }
    }

    var json: JSONValue {
        let (state, detail): (String, String?) =
            switch answer {
            case .found(_, _, let detail): ("works", detail)
            case .missing: ("missing", nil)
            case .failed(let why): ("fails", why)
            case .notRun(let verdict): ("fails", verdict.detail)
            }
        return ["name": .string(name), "state": .string(state), "detail": .optional(detail)]
    }
}

/// A program that skills of a runtime need, where sandboxes look for it.
private struct Interpreter {
    let name: String
    let path: String?

    init(_ name: String) {
        self.name = name
        path = ["/usr/local/bin/", "/usr/bin/"].map { $0 + name }.first(where: FileManager.default.isExecutableFile)
    }

    var json: JSONValue { ["name": .string(name), "path": path.map { .string($0) } ?? .null] }
}
