import SandboxProtocol

/// Which host ids a sandbox's two users get: PID 1 is 0 inside, the skill is 1000 inside.
struct IdentityPool {
    /// Ids that this launcher may map, from its own user namespace.
    private let first: UInt32
    private let count: UInt32

    /// Only one id can be mapped: pid 1, the skill and every other run share it.
    var single: Bool { count < 2 }

    /// Sandboxes that can be alive at once.
    var slots: Int { single ? 1 << 16 : Int(min(count / 2, 1 << 16)) }

    /// Ids above everything that distributions hand out (login users, containers' subordinate ranges).
    private static let preferred: UInt32 = 0x7000_0000

    /// The texts of /proc/self/uid_map and gid_map. Ids serve as both, so where these differ there is only our own.
    init(userMap: String, groupMap: String) {
        let (users, groups) = (Self.range(in: userMap), Self.range(in: groupMap))
        (first, count) = users == groups ? users : (0, 1)
    }

    /// The ids to hand out, from lines of `inside outside count`.
    private static func range(in map: String) -> (first: UInt32, count: UInt32) {
        var best: (first: UInt32, count: UInt32) = (0, 0)
        for line in map.split(separator: "\n") {
            let fields = line.split(separator: " ").compactMap { UInt32($0) }
            guard fields.count == 3 else { continue }
            let end = UInt64(fields[0]) + UInt64(fields[2])
            if end > UInt64(preferred) + (1 << 17) { return (preferred, 1 << 17) }
            if fields[2] > best.count { best = (fields[0], fields[2]) }
        }
        // Id 0 is the launcher itself; leave it out where there is a choice.
        if best.count > 2, best.first == 0 { best = (1, best.count - 1) }
        return best
    }

    /// The map for the sandbox in `slot`, as uid_map and gid_map want it.
    func map(slot: Int) -> String {
        if single { return "\(Self.skillID) \(first) 1\n" }
        let base = first + 2 * UInt32(slot)
        return "0 \(base) 1\n\(Self.skillID) \(base + 1) 1\n"
    }

    /// Without a user namespace of its own, the skill's host id.
    func skillHostID(slot: Int) -> UInt32 { first + 2 * UInt32(slot) + 1 }

    static let skillID: UInt32 = 1000
}
