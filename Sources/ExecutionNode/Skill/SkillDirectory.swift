import Fields
import MarketCore
import Synchronization

/// Finds skills by name or identifier, in memory after the first time. Every change to a skill goes through the node,
/// which says so here.
final class SkillDirectory: Sendable {
    private struct State {
        var byID: [Skill.ID: Skill] = [:]
        var idByName: [String: Skill.ID] = [:]
        /// Versions that calls name.
        var versions: [Skill.ID: [SemanticVersion: SkillVersion]] = [:]
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
                state.versions = [:]
            }
            state.byID[found.id] = found
            state.idByName[found.name] = found.id
        }
        return found
    }

    /// As ``skill(_:version:)`` for one that was found before.
    func skill(_ id: Skill.ID, version: SemanticVersion) async throws(NodeError) -> Skill {
        if let known = state.withLock({ $0.byID[id] }), known.latest.version == version { return known }
        return try await skill(id.description, version: version)
    }

    /// A skill with the version that a call names as its latest.
    /// - Parameter version: nil leaves its latest.
    /// - Throws: `NodeError` 404 when it has no such version.
    func skill(_ name: String, version: SemanticVersion?) async throws(NodeError) -> Skill {
        let skill = try await skill(name)
        guard let version, version != skill.latest.version else { return skill }
        let (known, generation) = state.withLock { ($0.versions[skill.id]?[version], $0.generation) }
        var found = known
        if found == nil {
            do throws(StoreError) { found = try await store.version(of: skill.id, version) } catch {
                throw NodeError(error)
            }
        }
        guard let found else {
            throw NodeError(
                status: 404, code: "version_not_found",
                detail: "\(skill.name) has no version \(version); its latest is \(skill.latest.version).",
                fields: ["latest": .string(skill.latest.version.description)])
        }
        if known == nil {
            state.withLock { state in
                guard state.generation == generation else { return }
                state.versions[skill.id, default: [:]][version] = found
            }
        }
        var pinned = skill
        pinned.latest = found
        return pinned
    }

    /// The skill was changed; the next look reads it anew.
    func forget(_ id: Skill.ID) {
        state.withLock { state in
            state.generation += 1
            state.versions[id] = nil
            if let skill = state.byID.removeValue(forKey: id) { state.idByName[skill.name] = nil }
        }
    }

    /// Many skills were changed.
    func forgetAll() {
        state.withLock { state in
            state.generation += 1
            state.byID = [:]
            state.idByName = [:]
            state.versions = [:]
        }
    }
}
