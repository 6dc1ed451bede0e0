import Glibc
import Synchronization

/// Ctrl-C and SIGTERM end the bench in order: the daemon is stopped, and what was made is removed.
enum Interrupt {
    private static let caught = Atomic<Bool>(false)

    static func watch() {
        // Made before a signal can come: its first use is not safe inside a handler.
        _ = caught.load(ordering: .relaxed)
        var action = sigaction()
        // Without SA_RESTART, so that a blocking call returns and is followed by a check.
        action.__sigaction_handler.sa_handler = { _ in Interrupt.caught.store(true, ordering: .relaxed) }
        sigaction(SIGINT, &action, nil)
        sigaction(SIGTERM, &action, nil)
        // Writing to a process or a daemon that is gone is an error like others.
        signal(SIGPIPE, SIG_IGN)
    }

    static func check() throws(BenchFailure) {
        if caught.load(ordering: .relaxed) { throw BenchFailure("Interrupted.") }
    }
}
