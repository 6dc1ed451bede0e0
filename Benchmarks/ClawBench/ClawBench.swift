import ArgumentParser
import Foundation

@main
struct ClawBench: ParsableCommand {
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
    var secondsMax = 90

    @Option(help: ArgumentHelp("Quiet time before each measurement.", valueName: "ms"))
    var pause = 2

    @Option(help: ArgumentHelp("Measure only these, such as execute.native.cold; repeatable.", valueName: "name"))
    var only: [String] = []

    @Option(help: ArgumentHelp("Where the measured programs were built.", valueName: "dir"))
    var programs = ".build/bench"

    @Option(help: ArgumentHelp("The daemon; beside this program when not given.", valueName: "path"))
    var clawrunner: String?

    @Option(help: ArgumentHelp("Where the daemon's data and temporary files go; a real disk.", valueName: "dir"))
    var work = "/var/tmp"

    @Option(help: ArgumentHelp("Where the report goes.", valueName: "file"))
    var output = ".build/bench/report.json"

    func validate() throws {
        guard (1...1_000_000).contains(rounds), (0...100_000).contains(warmUp) else {
            throw ValidationError("--rounds is 1 to 1000000, --warm-up 0 to 100000.")
        }
        guard (1...1000).contains(slowEvery), (1...86_400).contains(secondsMax), (0...1000).contains(pause) else {
            throw ValidationError("--slow-every is 1 to 1000, --seconds-max 1 to 86400, --pause 0 to 1000.")
        }
    }

    func run() throws {
        Interrupt.watch()
        let folder = try WorkFolder(in: work)
        defer { folder.remove() }
        let programs = Programs(directory: absolute(programs))
        try programs.check()
        let daemon = try Daemon(
            executable: try clawrunner.map(absolute) ?? besideThisProgram("clawrunner"), folder: folder.path)
        defer { daemon.stop() }
        do {
            try measure(folder, programs, daemon)
        } catch {
            daemon.showLog()
            throw error
        }
    }

    private func measure(_ folder: WorkFolder, _ programs: Programs, _ daemon: Daemon) throws(BenchFailure) {
        try daemon.awaitReady()
        let connection = try HTTPConnection(socket: daemon.socket)
        let license = try Market(connection: connection, daemon: daemon).sell(package: programs.skill)
        let execute = ExecuteContender(connection, license)
        let lineup = Lineup(programs: programs, folder: folder.path, slowEvery: slowEvery)
        defer { lineup.cleanUp() }
        try lineup.addBare()
        try lineup.addPeers()
        lineup.add(execute)
        lineup.add(HealthContender(connection))
        lineup.add(try DiskContender(folder: folder.path))

        try lineup.keep(only: only)
        let machine = Machine(folder: folder.path, versions: lineup.versions)
        TextReport.begin(machine, rounds: rounds, warmUp: warmUp, leftOut: lineup.leftOut)
        let series = try Race(rounds: rounds, warmUp: warmUp, secondsMax: secondsMax, pauseMilliseconds: pause)
            .run(lineup.contenders)
        let counted = series.first { $0.name == execute.name }?.nanoseconds.count ?? 0
        let report = Report(machine: machine, series: series, steps: execute.steps(ofLast: counted))
        TextReport.end(report)
        try report.write(to: absolute(output))
        print("Written to \(output)")
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
