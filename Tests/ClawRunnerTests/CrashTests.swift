import Fields
import Foundation
import TestSupport
import Testing

@testable import ClawRunner

/// Kills the daemon, its launcher and single sandboxes with signal 9 at random moments under load, and checks after each restart that
/// nothing was lost, charged twice or left behind.
@Suite("After kill -9", .serialized, .timeLimit(.minutes(20)))
struct CrashTests {
    static let kills = 200
    static let callers = 8
    static let price = "0.0005"

    @Test("of daemon and launcher at two hundred random moments under load, invariants hold")
    func kills() async throws {
        let site = try CrashSite()
        defer { site.remove() }
        try await site.open()
        var random = SeededGenerator(seed: UInt64.random(in: .min ... .max))
        print("crash test: seed \(random.seed)")
        for round in 0..<Self.kills {
            let load = Task { await site.load(callers: Self.callers) }
            try await Task.sleep(for: .milliseconds(Int.random(in: 5...200, using: &random)))
            try site.kill(Victims.allCases.randomElement(using: &random) ?? .everything)
            _ = await load.value
            try site.killRest()
            try await site.start()
            try await site.check("round \(round)")
        }
        let answered = await site.answers.count
        print("crash test: \(answered) answered runs in \(Self.kills) lives")
        #expect(answered > 100)
        try await site.checkAnswers()
        await site.stop()
        #expect(site.leftovers().isEmpty, "\(site.leftovers())")
    }
}

/// Whom a round kills.
enum Victims: CaseIterable {
    case daemon, worker, keeper, sandbox, everything
}
