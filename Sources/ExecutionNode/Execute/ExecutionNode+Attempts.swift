import Sandbox

/// How a call ended, after one attempt or two.
struct Attempts: Sendable {
    /// The last one's, with the time and the memory of both.
    var outcome: RunOutcome
    /// How the first of two ended.
    var first: Verdict?
    /// How many there were.
    var count = 1
}

extension ExecutionNode {
    /// A worker that died has its successor by then.
    private static let recovery = Duration.milliseconds(100)

    /// Runs a call, and once more when that is allowed and at least half of its time limit is left; see ``Retry``. Both
    /// attempts together keep within the limit.
    /// - Parameter idempotent: the endpoint is declared so.
    func attempt(_ run: RunRequest, idempotent: Bool) async -> Attempts {
        let start = ContinuousClock.now
        let first = await runner.run(run)
        guard first.mayRepeat(idempotent: idempotent) else { return Attempts(outcome: first) }
        // Starting takes too long for the thread that saw the end of the first.
        return await withTaskExecutorPreference(globalConcurrentExecutor) {
            if first.verdict.kind == .launchFailed { try? await Task.sleep(for: Self.recovery) }
            guard !Task.isCancelled, let rest = run.repeated(after: start.duration(to: .now)) else {
                return Attempts(outcome: first)
            }
            var outcome = await runner.run(rest)
            outcome.usage.add(first.usage)
            return Attempts(outcome: outcome, first: first.verdict, count: 2)
        }
    }
}

extension RunRequest {
    /// The same with the time that is left; nil when that is less than half.
    fileprivate func repeated(after used: Duration) -> RunRequest? {
        let wall = Duration.milliseconds(limits.wallMilliseconds)
        guard used * 2 <= wall else { return nil }
        var run = self
        run.limits.wallMilliseconds = max(1, limits.wallMilliseconds - Int64(used / .milliseconds(1)))
        // Nothing waits that was started with this limit, nor should from now on.
        run.startsAhead = false
        return run
    }
}
