import Logging
import MarketCore
import Metering

extension ExecutionNode {
    /// Books an ended run, and waits for that as long as a client should. A run that the store does not book by then
    /// is tried again until it is booked or the node stops; its idempotency key stays in flight so long.
    ///
    /// The calling task may be cancelled meanwhile.
    /// - Throws: ``NodeError`` 503 `not_booked`.
    func book(_ run: EndedRun) async throws(NodeError) -> SettledRun {
        unbooked.enter(run.hold.id)
        do throws(MeterError) {
            return booked(run, try await settle(run, configuration.billing))
        } catch {
            if let scope = run.hold.idempotency?.scope { idempotency.retain(scope) }
            let answer: Result<SettledRun, NodeError> = await withCheckedContinuation { continuation in
                let attempts = Task { await self.bookLate(run, after: error, answering: continuation) }
                unbooked.keep(attempts, for: run.hold.id)
            }
            return try answer.get()
        }
    }

    private func settle(_ run: EndedRun, _ billing: BillingRule) async throws(MeterError) -> SettledRun {
        let settlement = try run.settlement(billing, outcomeBytesMax: configuration.outcomeBytesMax)
        guard let whole = run.whole else { return try await meter.settle(settlement) }
        return try await meter.settle(settlement, partOf: whole)
    }

    private func booked(_ run: EndedRun, _ settled: SettledRun) -> SettledRun {
        unbooked.leave(run.hold.id)
        run.count()
        return settled
    }

    /// Tries until the run is booked or the node stops. `client` is answered once: with the booked run, or when its
    /// patience ends.
    private func bookLate(
        _ run: EndedRun, after first: MeterError,
        answering client: CheckedContinuation<Result<SettledRun, NodeError>, Never>
    ) async {
        let pace = configuration.bookingPace
        let ended = ContinuousClock.now
        var (failure, wait, isCharged) = (first, pace.firstWait, true)
        var client = Optional(client)
        note(.error, "a run could not be booked; it is tried again", run, failure)
        while true {
            if failure.isTransient {
                try? await Task.sleep(for: wait)
                wait = min(wait * 2, pace.waitMax)
            } else {
                // The run took place, so it has its record; what the platform cannot charge is not charged.
                note(.critical, "a run cannot be charged; it is booked at no cost", run, failure)
                isCharged = false
            }
            let isLast = Task.isCancelled
            do throws(MeterError) {
                let billing = isCharged ? configuration.billing : .nothing
                let settled = booked(run, try await settle(run, billing))
                if let scope = run.hold.idempotency?.scope { idempotency.end(scope) }
                note(.notice, "a run is booked late", run, failure)
                client?.resume(returning: .success(settled))
                return
            } catch {
                failure = error
            }
            let isHopeless = !failure.isTransient && !isCharged
            if isLast || isHopeless || ended.duration(to: .now) >= pace.patience, let waiting = client {
                client = nil
                note(.critical, "a client is told that its run is not booked", run, failure)
                waiting.resume(returning: .failure(Self.notBooked(run.hold)))
                // Nobody can ask for the answer any more.
                if run.hold.idempotency == nil { isCharged = false }
            }
            if isLast || isHopeless { break }
        }
        // The hold stays, in memory and in the journal, and the key in flight.
        note(.critical, "a run is left to the next start, which books it as interrupted", run, failure)
        // A damaged store keeps the node from running more; what it refuses is this run's matter.
        if case .store(.corrupt) = failure { return }
        unbooked.leave(run.hold.id, refused: true)
    }

    private func note(_ level: Logger.Level, _ message: Logger.Message, _ run: EndedRun, _ cause: MeterError) {
        logger.log(
            level: level, message,
            metadata: ["execution": .string(run.hold.id.description), "cause": .string(cause.description)])
    }

    private static func notBooked(_ hold: Hold) -> NodeError {
        let detail =
            if hold.idempotency == nil {
                "The skill ran, but the run cannot be booked now. Its answer is lost, so it will not be charged."
            } else {
                "The skill ran, but the run cannot be booked now; the daemon goes on trying. Send the request again with "
                    + "the same Idempotency-Key to get its answer: the skill does not run again."
            }
        return NodeError(
            status: 503, code: "not_booked", detail: detail, retryable: true, retryAfterSeconds: 5,
            instance: "/api/v1/executions/\(hold.id)")
    }
}

extension MeterError {
    /// The same call may succeed later.
    fileprivate var isTransient: Bool { if case .store(.unavailable) = self { true } else { false } }
}
