import CLinux
import Glibc
internal import SandboxProtocol
import Synchronization

/// No run waits for a launcher that hangs.
extension Reactor {
    /// A run was sent.
    func watch(_ state: inout State, _ run: ActiveRun) {
        let now = clw_monotonic_ns()
        if state.watch.begin(run.id, wallMilliseconds: run.wallMilliseconds, now: now), let next = state.watch.nextLook
        {
            _ = clw_timer_at(watchTimer, next)
        }
    }

    /// The timer passed.
    func lookAtLauncher() {
        var expirations: UInt64 = 0
        _ = unsafe read(watchTimer, &expirations, 8)
        let findings = state.withLock { $0.watch.look(now: clw_monotonic_ns()) }
        for finding in findings {
            switch finding {
            case .ping: post(Message(kind: .ping, id: 0))
            case .overdue(let id):
                kill(id, .cancelled)
                remove(id)?.end(.silent)
            case .silent:
                // The keeper makes another worker; the sandboxes of this one end with it.
                loseRuns(.silent) { state in
                    if state.worker >= 0 { _ = clw_pidfd_send_signal(state.worker, SIGKILL) }
                }
            }
        }
        let next = state.withLock { $0.watch.nextLook }
        if let next { _ = clw_timer_at(watchTimer, next) }
    }
}
