/// Runs the tasks of a simulation on the thread that calls ``runStep(at:)``, one step of one task at a time: from where it
/// was left to its next suspension.
///
/// Unchecked, because everything of one simulation happens on one thread.
final class SimulatedExecutor: TaskExecutor, @unchecked Sendable {
    private enum Step {
        case job(UnownedJob)
        case paused(UnsafeContinuation<Void, Never>)
    }

    private var ready: [Step] = []

    /// Steps that could be next.
    var readyCount: Int { ready.count }

    func enqueue(_ job: consuming ExecutorJob) {
        ready.append(.job(UnownedJob(job)))
    }

    func start(_ body: @escaping @Sendable () async -> Void) {
        Task(executorPreference: self) { await body() }
    }

    /// Gives the other tasks a turn.
    func pause() async {
        await withUnsafeContinuation { ready.append(.paused($0)) }
    }

    func runStep(at index: Int) {
        ready.swapAt(index, ready.count - 1)
        switch ready.removeLast() {
        case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
        case .paused(let continuation):
            // Makes the task's next job the last that is ready.
            continuation.resume()
            runStep(at: ready.count - 1)
        }
    }
}
