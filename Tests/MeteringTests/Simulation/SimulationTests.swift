import Foundation
import Testing

/// The metering core as it is used, with everything around it simulated and one seed deciding everything that happens.
///
/// The real ``Meter``, `IdempotencyRegistry`, `RateTable` and `HoldJournal` run here, not copies of what they do: their
/// tasks have a task executor that is one queue on one thread, from which ``SimulatedWorld`` draws the next step. All that
/// they wait for is the simulated store, whose commits and acknowledgements are steps as well, so no other thread ever
/// decides an order. The journal is a real file, whose tail a crash may tear. The store is a model of the real one's rules,
/// and the witness of what clients were told.
///
/// A seed that fails is printed. `CLAWRUNNER_SIMULATION_SEED=12345 swift test --filter Simulation` does it again, and
/// `CLAWRUNNER_SIMULATION_STEPS=100000000` goes on for so many steps.
@Suite("Simulation", .serialized)
struct SimulationTests {
    private static let stepsPerSeed = 20_000
    private static let duration = Duration.seconds(30)

    private struct Tally {
        var seeds = 0
        var steps = 0
        var crashes = 0
        var runs = 0
        var purchases = 0
        var refunds = 0
    }

    @Test("whatever happens in whatever order, and wherever the process dies, the books are right")
    func simulation() throws {
        let environment = ProcessInfo.processInfo.environment
        let steps = environment["CLAWRUNNER_SIMULATION_STEPS"].flatMap { Int($0) }
        var tally = Tally()
        let started = ContinuousClock.now
        if let seed = environment["CLAWRUNNER_SIMULATION_SEED"].flatMap({ UInt64($0) }) {
            try simulate(seed, steps: steps ?? Self.stepsPerSeed, &tally)
        } else {
            var seed = UInt64.random(in: 0..<1_000_000_000)
            while steps.map({ tally.steps < $0 }) ?? (started.duration(to: .now) < Self.duration) {
                guard try simulate(seed, steps: Self.stepsPerSeed, &tally) else { break }
                seed += 1
            }
        }
        let seconds = started.duration(to: .now) / .seconds(1)
        print(
            "simulation: \(tally.steps) steps of \(tally.seeds) seeds, \(Int(Double(tally.steps) / seconds)) a second;",
            "\(tally.crashes) crashes, \(tally.runs) runs, \(tally.purchases) purchases, \(tally.refunds) refunds")
    }

    @Test("a seed does the same every time", arguments: [UInt64(1), 2, 3])
    func determinism(seed: UInt64) throws {
        let worlds = [try SimulatedWorld(seed: seed), try SimulatedWorld(seed: seed)]
        for world in worlds {
            for _ in 0..<8_000 { world.step() }
            world.finish()
        }
        #expect(worlds[0].chance.digest == worlds[1].chance.digest)
        #expect(worlds[0].store.runOrder == worlds[1].store.runOrder)
        #expect(worlds[0].store.balances == worlds[1].store.balances)
        #expect(worlds[0].crashes == worlds[1].crashes)
    }

    @discardableResult
    private func simulate(_ seed: UInt64, steps: Int, _ tally: inout Tally) throws -> Bool {
        let world = try SimulatedWorld(seed: seed)
        while world.stepNumber < steps, world.fault == nil { world.step() }
        world.finish()
        tally.seeds += 1
        tally.steps += world.stepNumber
        tally.crashes += world.crashes
        tally.runs += world.store.runs.count
        tally.purchases += world.store.purchases.count
        tally.refunds += world.store.refunds.values.reduce(0) { $0 + $1.count }
        if let fault = world.fault { Issue.record("seed \(seed), step \(world.stepNumber): \(fault)") }
        return world.fault == nil
    }
}
