import CLinux

/// Runs a task's next step on the thread that resumes it, where that thread is lent for it: whoever saw the sandbox end
/// books the run, and whoever booked it goes on. Each thread that need not be woken saves a call some tens of microseconds.
/// Only for short steps.
///
/// Any other thread hands the step on. Whoever cancels a task may resume it as well, and must not run it: it holds the
/// lock of the task's state meanwhile.
final class InlineExecutor: TaskExecutor {
    static let shared = InlineExecutor()

    func enqueue(_ job: consuming ExecutorJob) {
        // Nothing that this step resumes runs within it.
        let lending = clw_lend_thread(Int32(CLW_LEND_NONE))
        guard lending != Int32(CLW_LEND_NONE) else { return globalConcurrentExecutor.enqueue(job) }
        UnownedJob(job).runSynchronously(on: asUnownedTaskExecutor())
        if lending == Int32(CLW_LEND_ALWAYS) { _ = clw_lend_thread(lending) }
    }

    /// Lets the task that runs now go on under this executor without leaving its thread; to be called right before the
    /// executor is changed to it.
    static func enterOnThisThread() {
        _ = clw_lend_thread(Int32(CLW_LEND_ONCE))
    }
}
