import ArgumentParser

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show the whole story in a temporary directory, in a few seconds.",
        discussion: """
            Starts a daemon, registers a seller and a buyer, publishes three skills, credits, sells and runs them, runs \
            four that misbehave, and checks the books. Everything that is shown is checked; the exit status is 0 only \
            when all of it is as it should be. The directory is removed at the end.

            Examples:
              clawrunner demo
              clawrunner demo --keep
            """)

    @Flag(help: "Leave the directory, with the daemon's log and books, where it is.")
    var keep = false

    func run() async throws {
        let failed = try await Interrupts.cancel {
            let directory = try TemporaryDirectory("demo")
            defer { if !keep { directory.remove() } }
            return try await play(in: directory)
        }
        guard failed == 0 else { throw ExitCode(CommandStatus.refused.rawValue) }
    }

    /// - Returns: how many checks failed.
    private func play(in directory: TemporaryDirectory) async throws -> Int {
        let stage = DemoStage()
        let started = ContinuousClock.now
        stage.open(directory.path)
        let daemon = try DemoDaemon(directory: directory.path)
        do {
            stage.act("The daemon")
            try await daemon.waitUntilReady()
            stage.line("ready after \(started.duration(to: .now).milliseconds) ms: clawrunner serve --data DIR/data")
            var story = DemoStory(stage: stage, daemon: daemon)
            try await story.play()
        } catch {
            await daemon.stop()
            stage.showLog(daemon.logTail())
            if keep { stage.line("Everything is still in \(directory.path)") }
            throw error
        }
        stage.check(await daemon.stop(), "the daemon stops when it is asked to, with status 0")
        if keep { stage.line("Everything is still in \(directory.path)") }
        stage.close(milliseconds: started.duration(to: .now).milliseconds)
        return stage.failures
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
