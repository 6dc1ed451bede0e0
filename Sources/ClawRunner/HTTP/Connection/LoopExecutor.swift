import NIOCore

/// Runs tasks on a connection's own event loop, so that a request which is quickly read, started and answered wakes no
/// other thread on its way. Whatever takes long must leave it: every connection of the loop waits.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
