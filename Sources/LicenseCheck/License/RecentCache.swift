/// A bounded table of what was used recently: two generations, of which the older is dropped when the newer is full.
///
/// It keeps at least the last `capacity / 2` used keys, never more than `capacity`, and every step takes constant time.
struct RecentCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var newer: [Key: Value] = [:]
    private var older: [Key: Value] = [:]
    private let generationMax: Int

    init(capacity: Int) {
        generationMax = max(1, capacity / 2)
    }

    var count: Int { newer.count + older.count }

    /// The value, which counts as used by this.
    mutating func value(_ key: Key) -> Value? {
        if let value = newer[key] { return value }
        guard let value = older.removeValue(forKey: key) else { return nil }
        insert(value, for: key)
        return value
    }

    mutating func insert(_ value: Value, for key: Key) {
        older[key] = nil
        if newer[key] == nil, newer.count >= generationMax {
            older = newer
            newer = [:]
        }
        newer[key] = value
    }

    mutating func remove(_ key: Key) {
        newer[key] = nil
        older[key] = nil
    }
}
