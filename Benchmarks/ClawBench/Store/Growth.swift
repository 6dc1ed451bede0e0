import Foundation

/// What a run costs with a store of some size: a daemon of its own, whose store is grown before it is measured.
struct Growth {
    struct Result {
        let size: GrownStore.Size
        let run: Summary
        /// Searches, lists and pages of skills.
        let reads: [Summary]
    }

    let rounds: Int

    func measure(
        _ size: GrownStore.Size, folder: String, executable: String, profiles: String, skill: String
    ) async throws(BenchFailure) -> Result {
        let place = "\(folder)/grown-\(size.skills)"
        let name = (skill as NSString).lastPathComponent
        let license: Market.License
        do {
            let daemon = try Daemon(executable: executable, folder: place, profiles: profiles)
            defer { daemon.stop() }
            try daemon.awaitReady()
            let connection = try HTTPConnection(socket: daemon.socket)
            license = try Market(connection, daemon).sell(package: skill)
            // The record that the others are copies of.
            _ = try ExecuteContender("first", connection, license, waiting: "none").measure()
        }
        try await GrownStore(path: "\(place)/data/market.db").grow(to: size)
        let daemon = try Daemon(executable: executable, folder: place, profiles: profiles)
        defer { daemon.stop() }
        return try daemon.showingLogOnFailure { () throws(BenchFailure) in
            try daemon.awaitReady()
            let execute = ExecuteContender(
                "execute.native.parked", try HTTPConnection(socket: daemon.socket), license, waiting: "sealed")
            let series = try Race(rounds: rounds, warmUp: 50, secondsMax: 60, pauseMilliseconds: 2).run([execute])
            guard let run = series[0].summary else { throw BenchFailure("nothing was measured") }
            let reads = try Race(rounds: rounds, warmUp: 50, secondsMax: 60, pauseMilliseconds: 1).run(
                ReadContender.all(try HTTPConnection(socket: daemon.socket), skill: name, skills: size.skills))
            return Result(size: size, run: run, reads: reads.compactMap(\.summary))
        }
    }
}
