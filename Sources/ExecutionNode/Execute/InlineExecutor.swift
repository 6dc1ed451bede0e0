/// Runs a task's next step on the thread that resumes it: whoever saw the sandbox end books the run, and whoever booked it
/// goes on. Each thread that need not be woken saves a call some tens of microseconds. Only for short steps: the thread
/// is lent.
final class InlineExecutor: TaskExecutor {
    static let shared = InlineExecutor()

    func enqueue(_ job: consuming ExecutorJob) {
        UnownedJob(job).runSynchronously(on: asUnownedTaskExecutor())
    }
}
