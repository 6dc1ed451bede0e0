import Foundation
import TestSupport
import Testing

@testable import ClawRunner

/// Kills the daemon with signal 9 at random moments while workflows run, and sends the same requests again.
@Suite("Workflows after kill -9", .serialized, .timeLimit(.minutes(10)))
struct WorkflowCrashTests {
    private static let kills = 40

    @Test("at forty random moments, no settled step runs or is charged twice, and nothing stays held")
    func kills() async throws {
        let site = try WorkflowCrashSite()
        defer { site.remove() }
        try await site.open()
        var random = SeededGenerator(seed: UInt64.random(in: .min ... .max))
        print("workflow crash test: seed \(random.seed)")
        for round in 0..<Self.kills {
            let load = Task { await site.load(callers: 6) }
            try await Task.sleep(for: .milliseconds(Int.random(in: 20...400, using: &random)))
            try site.kill(Int.random(in: 0..<3, using: &random))
            // A worker's death is survived; the load ends with the daemon.
            try await Task.sleep(for: .milliseconds(50))
            try site.killRest()
            _ = await load.value
            try await site.start()
            try await site.check("round \(round)")
        }
        try await site.finish()
        try await site.check("the end")
        let (ok, resumed) = try await site.checkAnswers()
        print("workflow crash test: \(ok) went well, \(resumed) of all went on after a crash")
        #expect(ok > 20)
        #expect(resumed > 0)
    }
}
