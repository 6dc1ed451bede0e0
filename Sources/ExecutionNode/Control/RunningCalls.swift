import MarketCore
import Metering
import Synchronization

/// The calls that have a place for their run, so that the operator can end them.
final class RunningCalls: Sendable {
    /// A task that is told to end by others while it is sure to exist: it takes itself out of ``calls`` under the same
    /// lock, before it ends.
    private struct Call: @unchecked Sendable {
        let task: UnsafeCurrentTask?
        let skill: Skill.ID
        let parties: [Agent.ID]

        func isStopped(by target: Pause.Target) -> Bool {
            switch target {
            case .executions: true
            case .skill(let id): skill == id
            case .agent(let id): parties.contains(id)
            case .purchases, .publishing: false
            }
        }
    }

    private let calls = Mutex<[SkillUsage.ID: Call]>([:])

    var count: Int { calls.withLock { $0.count } }

    /// Adds the current task's call, until it is removed by the same task.
    func add(_ hold: Hold) {
        let call = withUnsafeCurrentTask { task in
            Call(task: task, skill: hold.skillID, parties: [hold.buyerID, hold.sellerID])
        }
        calls.withLock { $0[hold.id] = call }
    }

    func remove(_ hold: Hold) {
        calls.withLock { $0[hold.id] = nil }
    }

    /// Cancels the calls that a pause of this target stops; their runs end, and are booked as cancelled.
    /// - Returns: how many.
    func cancel(_ target: Pause.Target) -> Int {
        calls.withLock { calls in
            var count = 0
            for call in calls.values where call.isStopped(by: target) {
                call.task?.cancel()
                count += 1
            }
            return count
        }
    }
}
