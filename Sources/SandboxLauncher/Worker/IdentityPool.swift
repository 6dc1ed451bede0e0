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

    /// `map` is the text of /proc/self/uid_map: lines of `inside outside count`.
    init(map: String) {
        var best: (first: UInt32, count: UInt32) = (0, 0)
        for line in map.split(separator: "\n") {
            let fields = line.split(separator: " ").compactMap { UInt32($0) }
            guard fields.count == 3 else { continue }
            let end = UInt64(fields[0]) + UInt64(fields[2])
            if end > UInt64(Self.preferred) + (1 << 17) {
                best = (Self.preferred, 1 << 17)
                break
            }
            if fields[2] > best.count { best = (fields[0], fields[2]) }
        }
        // Id 0 is the launcher itself; leave it out where there is a choice.
        if best.count > 2, best.first == 0 { best = (1, best.count - 1) }
        (first, count) = best
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
