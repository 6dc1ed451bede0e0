import MarketCore
import Synchronization

/// What is stopped and who is barred, in memory: every call asks, and nearly always nothing is.
final class Controls: Sendable {
    /// What a pause may stop.
    enum Operation {
        case purchases, executions, publishing
        /// A step of a workflow that runs; only pauses of its skill and its seller stop it.
        case step
    }

    private struct State {
        var pauses: [Pause.Target: Pause] = [:]
        var inactive: [Agent.ID: Agent.Status] = [:]
    }

    private let state = Mutex(State())
    /// Nothing is in the state: the usual case costs one load.
    private let quiet = Atomic<Bool>(true)

    /// Nothing is stopped and nobody is barred.
    var isQuiet: Bool { quiet.load(ordering: .acquiring) }

    func load(_ pauses: [Pause], _ inactive: [Agent.ID: Agent.Status]) {
        change { state in
            for pause in pauses { state.pauses[pause.target] = pause }
            state.inactive = inactive
        }
    }

    func set(_ pause: Pause) { change { $0.pauses[pause.target] = pause } }
    func remove(_ target: Pause.Target) { change { $0.pauses[target] = nil } }
    func note(_ agent: Agent) { change { $0.inactive[agent.id] = agent.status == .active ? nil : agent.status } }

    func status(of agent: Agent.ID) -> Agent.Status {
        if isQuiet { return .active }
        return state.withLock { $0.inactive[agent] ?? .active }
    }

    /// The first pause that stops an operation of these agents on this skill; nil when none does.
    func pause(of operation: Operation, by agents: [Agent.ID], on skill: Skill.ID?) -> Pause? {
        if isQuiet { return nil }
        return state.withLock { state in
            guard !state.pauses.isEmpty else { return nil }
            let whole: Pause.Target? =
                switch operation {
                case .purchases: .purchases
                case .executions: .executions
                case .publishing: .publishing
                case .step: nil
                }
            let targets = (whole.map { [$0] } ?? []) + (skill.map { [.skill($0)] } ?? []) + agents.map { .agent($0) }
            for target in targets {
                if let pause = state.pauses[target] { return pause }
            }
            return nil
        }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            quiet.store(state.pauses.isEmpty && state.inactive.isEmpty, ordering: .releasing)
        }
    }
}
