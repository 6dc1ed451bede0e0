import MarketCore
import Metering
import Synchronization

/// The runs that have ended and are not booked, oldest first.
final class UnbookedRuns: Sendable {
    private struct State {
        var open: Set<SkillUsage.ID> = []
        /// Those before ``head``, and those that are no longer in ``open``, are booked.
        var order: [(id: SkillUsage.ID, since: ContinuousClock.Instant)] = []
        var head = 0
        /// Runs that the store refuses for good.
        var refused = 0
        /// What tries again to book a run.
        var attempts: [SkillUsage.ID: Task<Void, Never>] = [:]
        var stopped = false
    }

    private let runs = Mutex(State())

    /// How many there are, those included that the store refuses for good, and when the first of the others ended.
    var state: (count: Int, oldest: ContinuousClock.Instant?) {
        runs.withLock { runs in
            (runs.open.count + runs.refused, runs.head < runs.order.count ? runs.order[runs.head].since : nil)
        }
    }

    /// The run has ended.
    func enter(_ id: SkillUsage.ID) {
        runs.withLock { runs in
            runs.open.insert(id)
            runs.order.append((id, .now))
        }
    }

    /// The run is booked, or the store will never book it.
    func leave(_ id: SkillUsage.ID, refused: Bool = false) {
        runs.withLock { runs in
            runs.attempts[id] = nil
            guard runs.open.remove(id) != nil else { return }
            if refused { runs.refused += 1 }
            while runs.head < runs.order.count, !runs.open.contains(runs.order[runs.head].id) { runs.head += 1 }
            if runs.head == runs.order.count || (runs.head > 1024 && runs.head * 2 > runs.order.count) {
                runs.order.removeFirst(runs.head)
                runs.head = 0
            }
        }
    }

    /// Keeps what books the run, to be told when no time is left.
    func keep(_ attempts: Task<Void, Never>, for id: SkillUsage.ID) {
        let isLate = runs.withLock { runs in
            // It may have booked the run already.
            if runs.open.contains(id) { runs.attempts[id] = attempts }
            return runs.stopped
        }
        if isLate { attempts.cancel() }
    }

    /// Has every run tried once more, and returns when that is done.
    func stop() async {
        let attempts = runs.withLock { runs in
            runs.stopped = true
            return Array(runs.attempts.values)
        }
        for attempt in attempts { attempt.cancel() }
        for attempt in attempts { await attempt.value }
    }
}
