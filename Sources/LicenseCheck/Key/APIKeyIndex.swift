public import MarketCore
import Synchronization

/// Every API key in use, in memory: authentication touches no store.
public final class APIKeyIndex: Sendable {
    private struct State {
        var keys: [[UInt8]: StoredKey] = [:]
        var hashes: [StoredKey.ID: [UInt8]] = [:]
        var uses: [StoredKey.ID: Timestamp] = [:]
    }

    private let state = Mutex(State())

    /// - Parameter keys: what the store holds, from `MarketStore.apiKeys()`.
    public init(keys: [StoredKey] = []) {
        for key in keys { insert(key) }
    }

    public var count: Int { state.withLock { $0.keys.count } }

    /// Adds a key, or replaces the one with the same identifier.
    public func insert(_ key: StoredKey) {
        state.withLock { state in
            if let former = state.hashes.updateValue(key.sha256, forKey: key.id), former != key.sha256 {
                state.keys[former] = nil
            }
            state.keys[key.sha256] = key
        }
    }

    /// Forgets a key.
    public func remove(_ id: StoredKey.ID) {
        state.withLock { state in
            guard let hash = state.hashes.removeValue(forKey: id) else { return }
            state.keys[hash] = nil
            state.uses[id] = nil
        }
    }

    /// Refuses a key from `time` on; a time in the future lets it work until then, as a rotation needs.
    /// - Parameter isFinal: refuse it from now on, whatever the clock says.
    /// - Returns: false when there is no such key.
    @discardableResult
    public func revoke(_ id: StoredKey.ID, at time: Timestamp, isFinal: Bool = false) -> Bool {
        state.withLock { state in
            guard let hash = state.hashes[id], var key = state.keys[hash] else { return false }
            key.revokedAt = key.revokedAt.map { min($0, time) } ?? time
            key.isRevoked = key.isRevoked || isFinal
            state.keys[hash] = key
            return true
        }
    }

    /// The key that `text` is, and so the agent that calls. Notes the use.
    /// - Parameter origin: where the call came from; a key with a list of addresses is refused elsewhere.
    /// - Throws: ``APIKeyError``; malformed keys and wrong checksums are refused without a lookup.
    public func authenticate(
        _ text: String, from origin: CallOrigin = .unknown, at now: Timestamp = .now
    ) throws(APIKeyError) -> StoredKey {
        let hash = try APIKey(text).sha256
        let found: Result<StoredKey, APIKeyError> = state.withLock { state in
            // The comparison runs over all bytes whatever they are, should the table's own ever stop early.
            guard let key = state.keys[hash], Self.areEqual(key.sha256, hash) else { return .failure(.unknown) }
            if key.isRevoked { return .failure(.revoked) }
            if let revokedAt = key.revokedAt, revokedAt <= now {
                // For good, should the clock be set back.
                state.keys[hash]?.isRevoked = true
                return .failure(.revoked)
            }
            if let expiresAt = key.expiresAt, expiresAt <= now { return .failure(.expired) }
            guard key.allows(origin) else { return .failure(.addressNotAllowed) }
            state.uses[key.id] = now
            return .success(key)
        }
        return try found.get()
    }

    /// When keys were last used since the last call, for `MarketStore.noteUse(of:)`. Forgets them.
    public func takeUses() -> [StoredKey.ID: Timestamp] {
        state.withLock { state in
            defer { state.uses = [:] }
            return state.uses
        }
    }

    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
