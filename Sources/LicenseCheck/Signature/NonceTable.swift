import MarketCore

/// The nonces that signatures of one window had, so that each signature is good for one request. What was forgotten is older
/// than a horizon, and what is older than the horizon is refused: nothing is let through twice, whatever is forgotten.
struct NonceTable {
    enum Answer { case new, used, beforeHorizon }

    private struct Nonces {
        /// When each was made, in seconds, by the first half of its hash.
        var created: [UInt128: Int64] = [:]
        /// All that was made then or before is forgotten.
        var horizon: Int64
    }

    private var keys: [StoredKey.ID: Nonces] = [:]
    /// Nonces of all keys.
    private(set) var total = 0
    /// As each key's own.
    private var horizon: Int64
    private let keyMax: Int
    private let totalMax: Int

    /// - Parameters:
    ///   - horizon: what was made then or before may have been used before this table began.
    ///   - keyMax: nonces of one key, whose window is shorter when it makes more.
    init(horizon: Int64, keyMax: Int = 16_384, totalMax: Int = 262_144) {
        self.horizon = horizon
        self.keyMax = keyMax
        self.totalMax = totalMax
    }

    /// Notes a nonce.
    /// - Parameter oldest: what was made before is refused by its age.
    mutating func use(_ nonce: UInt128, of key: StoredKey.ID, created: Int64, oldest: Int64) -> Answer {
        if keys[key]?.created.count ?? 0 >= keyMax { shorten(key, oldest) }
        if total >= totalMax { makeRoom(oldest) }
        guard created > max(horizon, keys[key]?.horizon ?? horizon) else { return .beforeHorizon }
        guard keys[key]?.created[nonce] == nil else { return .used }
        keys[key, default: Nonces(horizon: horizon)].created[nonce] = created
        total += 1
        return .new
    }

    /// Forgets what is too old of all keys and, if that leaves too little room, half of what a busy key made, or a quarter of
    /// all. Each time so much that the next time is far off.
    private mutating func makeRoom(_ oldest: Int64) {
        forgetAll(upTo: oldest - 1)
        guard total > totalMax / 16 * 15 else { return }
        if let (key, nonces) = keys.max(by: { $0.value.created.count < $1.value.created.count }),
            nonces.created.count >= totalMax / 8
        {
            return shorten(key, oldest)
        }
        let times = keys.values.flatMap(\.created.values).sorted()
        forgetAll(upTo: times[times.count / 4])
    }

    private mutating func forgetAll(upTo time: Int64) {
        horizon = max(horizon, time)
        for key in keys.keys { forget(key, upTo: horizon) }
    }

    /// Forgets what is too old and, if that is not enough, the older half.
    private mutating func shorten(_ key: StoredKey.ID, _ oldest: Int64) {
        guard let nonces = keys[key] else { return }
        let times = nonces.created.values.sorted()
        let middle = times[times.count / 2]
        forget(key, upTo: max(oldest - 1, middle))
    }

    private mutating func forget(_ key: StoredKey.ID, upTo time: Int64) {
        guard var nonces = keys[key] else { return }
        let former = nonces.created.count
        nonces.created = nonces.created.filter { $0.value > time }
        nonces.horizon = max(nonces.horizon, time)
        total -= former - nonces.created.count
        keys[key] = nonces.created.isEmpty && nonces.horizon <= horizon ? nil : nonces
    }
}
