import Foundation
import MarketCore

@testable import Metering

/// One life of the process: what a crash takes away.
final class SimulatedNode: @unchecked Sendable {
    unowned let world: SimulatedWorld
    let journal: HoldJournal
    let meter: Meter
    let registry: IdempotencyRegistry
    var rates = RateTable()
    var isRecovered = false
    var isDead = false
    var operations = 0

    init(_ world: SimulatedWorld, journal: HoldJournal, book: HoldBook) {
        self.world = world
        self.journal = journal
        meter = Meter(store: world.store, journal: journal, book: book)
        registry = IdempotencyRegistry(store: world.store)
    }

    /// Tells the witness what a client saw or the process did; the dead say nothing.
    func note(_ body: (SimulationWitness) -> String?) {
        guard !isDead, let fault = body(world.witness) else { return }
        world.fail(fault)
    }

    func fail(_ fault: String) {
        note { _ in fault }
    }

    /// Books what the former life left open, as the daemon does before its first request.
    func recover() async {
        do throws(StoreError) {
            let report = try await meter.recover { _, usage, _ in
                StoredOutcome(status: 503, body: usage.id.outcomeBody)
            }
            // The daemon does not start; the next one tries again.
            guard report.failed.isEmpty else { return world.restart(self) }
            if report.keptJournal != nil { fail("the journal is damaged by more than a torn line") }
            if meter.openHolds != 0 || journal.openCount != 0 { fail("a hold is open after the recovery") }
            note { $0.recovered() }
            isRecovered = true
        } catch {
            world.restart(self)
        }
    }

    /// Starts one random operation.
    func begin() {
        operations += 1
        let drawn = world.chance.below(100)
        world.executor.start { [self] in
            switch drawn {
            case ..<60: await execute()
            case ..<69: await buy()
            case ..<72: await upgrade()
            case ..<77: await credit()
            case ..<80: await payOut()
            case ..<88: await refund()
            case ..<91: await renewDue()
            case ..<94: await switchRenewal()
            case ..<99: await setBudget()
            default: await prune()
            }
            operations -= 1
        }
    }
}

extension Identifier {
    /// What is answered for a run or purchase: enough to tell one answer from another.
    var outcomeBody: [UInt8] { withUnsafeBytes(of: uuid.uuid) { Array($0) } }
}
