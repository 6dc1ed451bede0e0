import MarketCore
import Synchronization

/// Finds skills by name or identifier, in memory after the first time. Every change to a skill goes through the node,
/// which says so here.
final class SkillDirectory: Sendable {
    private struct State {
        var byID: [Skill.ID: Skill] = [:]
        var idByName: [String: Skill.ID] = [:]
        /// Raised by every change, so that what was read before is not kept after it.
        var generation = 0
    }

    private let store: any MarketStore
    private let entriesMax: Int
    private let state = Mutex(State())

    init(store: any MarketStore, entriesMax: Int = 10_000) {
        self.store = store
        self.entriesMax = entriesMax
    }

    /// - Parameter name: a skill's name or its identifier.
    /// - Throws: `NodeError` 404 when there is no such skill.
    func skill(_ name: String) async throws(NodeError) -> Skill {
        let (known, generation) = state.withLock { state in
            let id = Skill.ID(name) ?? state.idByName[name]
            return (id.flatMap { state.byID[$0] }, state.generation)
        }
        if let known { return known }
        let found: Skill?
        do throws(StoreError) {
            if let id = Skill.ID(name) {
                found = try await store.skill(id: id)
            } else {
                found = SkillName.isValid(name) ? try await store.skill(named: name) : nil
            }
        } catch {
            throw NodeError(error)
        }
        guard let found else { throw .notFound("skill", name) }
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.byID.count >= entriesMax {
                state.byID = [:]
                state.idByName = [:]
            }
            state.byID[found.id] = found
            state.idByName[found.name] = found.id
        }
        return found
    }

    /// The skill was changed; the next look reads it anew.
    func forget(_ id: Skill.ID) {
        state.withLock { state in
            state.generation += 1
            if let skill = state.byID.removeValue(forKey: id) { state.idByName[skill.name] = nil }
        }
    }

    /// Many skills were changed.
    func forgetAll() {
        state.withLock { state in
            state.generation += 1
            state.byID = [:]
            state.idByName = [:]
        }
    }
}
