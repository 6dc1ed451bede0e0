import CLinux
import Glibc
internal import SandboxProtocol
import Synchronization

/// Sandboxes that wait for runs: taking one, and having others built while nothing is more urgent.
extension Reactor {
    /// A sandbox that waits for such a run, if there is one; see ``ParkedPool/take(_:now:)``.
    func take(_ choices: [ParkChoice]) -> ParkedPool.Taken {
        state.withLock { state in
            let taken = state.pool.take(choices, now: clw_monotonic_ns())
            // From here on there is something to look after.
            if !state.parkingWatched, !state.pool.isIdle {
                state.parkingWatched = true
                _ = clw_timer_at(parkingTimer, clw_monotonic_ns() + Self.tickNanoseconds)
            }
            return taken
        }
    }

    /// The run of ``take(_:)`` is over.
    func giveBack(_ taken: ParkedPool.Taken) {
        state.withLock { $0.pool.ended(taken.kinds) }
    }

    /// Ends a sandbox that was taken for nothing.
    func drop(_ sandbox: ParkedPool.Sandbox) {
        var sandbox = sandbox
        sandbox.pipes.close()
        kill(sandbox.id, .cancelled)
    }

    /// Waits until sandboxes wait for such runs; false when they do not in time. For tests: a run waits for no more than
    /// the building of its own.
    func awaitParked(_ choice: ParkChoice, count: Int = 1) async -> Bool {
        for _ in 0..<5000 {
            let ready = state.withLock { state in
                let ready = state.pool.countReady(choice.recipe)
                if ready < count { state.pool.expect(choice, count: count, now: clw_monotonic_ns()) }
                return ready
            }
            if ready >= count { return true }
            refill()
            try? await Task.sleep(for: .milliseconds(1))
        }
        return false
    }

    var parkingReport: ParkingReport { state.withLock { $0.pool.report } }

    /// Ends every sandbox that waits: what they were built from does not hold any more.
    func drainParked() {
        let ids = state.withLock { $0.pool.drain() }
        for id in ids { kill(id, .cancelled) }
    }

    private static let tickNanoseconds: Int64 = 1_000_000_000

    /// Asks for the sandboxes that should wait and do not. After a run rather than before it, as a rule: the run is more
    /// urgent.
    func refill() {
        state.withLock { state in
            guard !state.launcherGone, !state.stopping, !state.watch.isSilent, !state.memoryIsShort else { return }
            let now = clw_monotonic_ns()
            let (orders, evicted) = state.pool.plan(now: now)
            for id in evicted { kill(id, .cancelled) }
            for recipe in orders {
                guard var pipes = try? RunPipes() else { return }
                let id = newID()
                let park = Park(recipe.start, recipe.launch)
                guard send(.park, id, park.fields, pipes.childEnds) else { return pipes.close() }
                pipes.closeChildOutputs()
                state.pool.ordered(recipe, pipes, id: id, now: now)
            }
        }
    }

    // MARK: The thread

    /// The timer passed.
    func lookAtParked() {
        var expirations: UInt64 = 0
        _ = unsafe read(parkingTimer, &expirations, 8)
        let memoryIsShort = MemoryPressure.isHigh
        let (ended, idle) = state.withLock { state in
            state.memoryIsShort = memoryIsShort
            let ended = state.pool.tick(now: clw_monotonic_ns(), memoryIsShort: memoryIsShort)
            state.parkingWatched = !state.pool.isIdle
            return (ended, state.pool.isIdle)
        }
        for id in ended { kill(id, .cancelled) }
        refill()
        if !idle { _ = clw_timer_at(parkingTimer, clw_monotonic_ns() + Self.tickNanoseconds) }
    }

    func parked(_ message: Message) throws(ProtocolError) {
        let parked = try Parked(fields: message.fields)
        state.withLock {
            $0.pool.ready(
                message.id, memoryBytes: Int64(clamping: parked.memoryBytes), now: clw_monotonic_ns())
        }
    }

    /// A sandbox ended without a run; nothing for a message that is about none.
    func parkedEnded(_ message: Message) throws(ProtocolError) {
        guard let recipe = state.withLock({ $0.pool.recipe(of: message.id) }) else { return }
        var failure: String?
        if recipe.start != .sealed {
            failure =
                message.kind == .ended
                ? StartFailure.sentence(try Ended(fields: message.fields))
                : StartFailure.sentence(try Failure(fields: message.fields))
        }
        let lost = state.withLock {
            $0.pool.lost(message.id, failure: failure, now: clw_monotonic_ns())
        }
        if var pipes = lost?.pipes { pipes.close() }
    }
}

/// Why what was started ahead of its run ended.
enum StartFailure {
    /// Nil for what is not the fault of what was to be started.
    static func sentence(_ failure: Failure) -> String? {
        failure.stage == .exec ? "it cannot be executed: \(describe(failure.errno))" : nil
    }

    /// Nil when we ended it ourselves because it was not needed.
    static func sentence(_ ended: Ended) -> String? {
        switch ended.killed {
        case .cancelled: return nil
        case .wall: return "it did not come to rest within its wall limit"
        case .cpu: return "it used processor time while it waited for a request"
        case .memory: return "it needed more than its memory limit, or grew while it waited"
        default: break
        }
        guard ended.statusKnown else { return nil }
        let signal = clw_term_signal(ended.status)
        if signal != 0 { return "it was ended by signal \(signal)" }
        let status = clw_exit_status(ended.status)
        return status == 0
            ? "it ended without waiting for a request on its standard input" : "it ended with exit status \(status)"
    }
}
