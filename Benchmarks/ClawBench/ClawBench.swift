import ArgumentParser
import Foundation

@main
struct ClawBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claw-bench",
        abstract: "Measure a whole execute request beside bare fork+exec and other sandboxes of the same program.",
        discussion: """
            Everything is measured in one run, in interleaved rounds of random order after a warm-up, on one processor's
            clock (CLOCK_MONOTONIC). Programs are started by a small single-threaded process, so that the numbers are
            theirs. What this host cannot run is left out, with the reason. `make bench` builds all that is needed.
            """)

    @Option(help: "Rounds that count.")
    var rounds = 1000

    @Option(help: "Rounds before them that do not.")
    var warmUp = 30

    @Option(help: "Slow contenders, such as runc, run in every so many rounds.")
    var slowEvery = 10

    @Option(help: "No new round begins after this many seconds.")
    var secondsMax = 240

    @Option(help: ArgumentHelp("Quiet time before each measurement.", valueName: "ms"))
    var pause = 2

    @Option(help: ArgumentHelp("Measure only these, such as execute.native.cold; repeatable.", valueName: "name"))
    var only: [String] = []

    @Option(help: ArgumentHelp("Where the measured programs were built.", valueName: "dir"))
    var programs = ".build/bench"

    @Option(help: ArgumentHelp("Where the measured handlers lie.", valueName: "dir"))
    var sources = "Benchmarks/programs"

    @Option(help: ArgumentHelp("The daemon; beside this program when not given.", valueName: "path"))
    var clawrunner: String?

    @Option(help: ArgumentHelp("Where the daemon's data and temporary files go; a real disk.", valueName: "dir"))
    var work = "/var/tmp"

    @Option(help: ArgumentHelp("Where the report goes.", valueName: "file"))
    var output = ".build/bench/report.json"

    @Option(help: ArgumentHelp("Also write it as a page with a picture beside it.", valueName: "file"))
    var page: String?

    @Option(help: "Seconds for each number of connections in the series under load; 0 leaves it out.")
    var loadSeconds = 5

    @Option(help: "Usage records in the largest store of the series of grown stores; 0 leaves it out.")
    var grownUsages = 1_000_000

    @Flag(help: "With --only: measure grown stores as well.")
    var grownOnly = false

    func validate() throws {
        guard (1...1_000_000).contains(rounds), (0...100_000).contains(warmUp) else {
            throw ValidationError("--rounds is 1 to 1000000, --warm-up 0 to 100000.")
        }
        guard (1...1000).contains(slowEvery), (1...86_400).contains(secondsMax), (0...1000).contains(pause) else {
            throw ValidationError("--slow-every is 1 to 1000, --seconds-max 1 to 86400, --pause 0 to 1000.")
        }
    }

    func run() async throws {
        Interrupt.watch()
        let folder = try WorkFolder(in: work)
        defer { folder.remove() }
        let programs = Programs(directory: absolute(self.programs), sources: absolute(sources))
        try programs.check()
        let profiles = "\(folder.path)/profiles"
        try BenchSkill.writeProfiles(to: profiles)
        let executable = try clawrunner.map(absolute) ?? besideThisProgram("clawrunner")
        var report: Report
        do {
            let daemon = try Daemon(executable: executable, folder: folder.path, profiles: profiles)
            defer { daemon.stop() }
            report = try daemon.showingLogOnFailure { () throws(BenchFailure) in
                try measure(folder, programs, daemon)
            }
        }
        if only.isEmpty { try await measureParts(&report, folder, programs, executable, profiles) }
        if only.isEmpty || grownOnly { try await measureGrowth(&report, folder, programs, executable, profiles) }
        TextReport.end(report)
        try report.write(to: absolute(output))
        print("Written to \(output)")
        if let page {
            try report.writePage(to: absolute(page))
            print("Written to \(page)")
        }
    }

    private func measure(
        _ folder: WorkFolder, _ programs: Programs, _ daemon: Daemon
    ) throws(BenchFailure) -> Report {
        try daemon.awaitReady()
        let connection = try HTTPConnection(socket: daemon.socket)
        let market = try Market(connection, daemon)
        let lineup = Lineup(programs: programs, folder: folder.path, slowEvery: slowEvery)
        defer { lineup.cleanUp() }
        try lineup.addBare()
        try lineup.addPeers()
        var native: Market.License?
        for (name, skill, every) in [
            ("native.cold", BenchSkill.nativeCold, 1), ("native.parked", .native, 1),
            ("native.skillwarm", .nativeWarm, 1), ("python.parked", .python, 2), ("python.skillwarm", .pythonWarm, 2),
            ("node.parked", .node, slowEvery),
        ] {
            guard lineup.canRun(skill.program, name) else { continue }
            let license = try market.sell(package: try skill.write(below: folder.path, programs))
            if name == "native.parked" { native = license }
            lineup.add(
                ExecuteContender(
                    "execute.\(name)", connection, license, waiting: skill.waiting, every: every,
                    aftermathMilliseconds: skill.aftermathMilliseconds))
        }
        lineup.add(HealthContender(connection))
        lineup.add(try DiskContender(folder: folder.path))

        try lineup.keep(only: only)
        let machine = Machine(folder: folder.path, versions: lineup.versions)
        TextReport.begin(machine, rounds: rounds, warmUp: warmUp, leftOut: lineup.leftOut)
        let series = try Race(rounds: rounds, warmUp: warmUp, secondsMax: secondsMax, pauseMilliseconds: pause)
            .run(lineup.contenders)
        var report = Report(machine: machine, series: series)
        for case let execute as ExecuteContender in lineup.contenders {
            let count = series.first { $0.name == execute.name }?.nanoseconds.count ?? 0
            report.add(
                steps: execute.steps(ofLast: count), served: try execute.shareServed(ofLast: count), execute.name)
        }
        report.idleBytes = daemon.residentBytes
        if only.isEmpty, loadSeconds > 0, let native {
            print("under load: 1, 2, 8 and 32 connections …")
            for connections in [1, 2, 8, 32] {
                report.throughput.append(
                    try Throughput(seconds: Double(loadSeconds)).run(connections, daemon.socket, native))
            }
        }
        return report
    }

    /// What needs no daemon, or one of its own.
    private func measureParts(
        _ report: inout Report, _ folder: WorkFolder, _ programs: Programs, _ executable: String, _ profiles: String
    ) async throws(BenchFailure) {
        print("booking runs …")
        report.settles = try await GroupedSettles(folder: "\(folder.path)/settles").measure(
            singles: 300, grouped: 40_960)
        print("memory of waiting sandboxes …")
        let named = ProcessInfo.processInfo.environment["CLAWRUNNER_LAUNCHER"]
        let launcher = if let named { named } else { try besideThisProgram("claw-launcher") }
        report.parkedBytes = try await ParkedMemory.measure(
            launcher: launcher, profiles: profiles, skill: "\(folder.path)/\(BenchSkill.native.name)")
    }

    /// With stores of several sizes, each with a daemon of its own.
    private func measureGrowth(
        _ report: inout Report, _ folder: WorkFolder, _ programs: Programs, _ executable: String, _ profiles: String
    ) async throws(BenchFailure) {
        guard grownUsages > 0 else { return }
        let skill = "\(folder.path)/\(BenchSkill.native.name)"
        for (skills, usages) in [(10, 1000), (1000, 10_000), (100_000, grownUsages)] {
            print("a store of \(skills) skills and licences and \(usages) usage records …")
            report.growth.append(
                try await Growth(rounds: 300).measure(
                    GrownStore.Size(skills: skills, usages: usages), folder: folder.path, executable: executable,
                    profiles: profiles, skill: skill))
        }
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }

    private func besideThisProgram(_ name: String) throws(BenchFailure) -> String {
        guard let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            throw BenchFailure("This program's own place is not known; name the daemon with --clawrunner.")
        }
        return "\((own as NSString).deletingLastPathComponent)/\(name)"
    }
}
