/// Numbers for what is alive at once, the smallest range that does: a sandbox's host ids follow from its slot, so one
/// slot is never given twice at a time.
public struct SlotPool: Sendable {
    public let countMax: Int
    private var free: [Int] = []
    private var next = 0

    public init(countMax: Int) {
        self.countMax = countMax
    }

    public var countTaken: Int { next - free.count }

    /// Nil when all are taken.
    public mutating func take() -> Int? {
        if let slot = free.popLast() { return slot }
        guard next < countMax else { return nil }
        defer { next += 1 }
        return next
    }

    /// Gives back a slot of ``take()``.
    public mutating func give(back slot: Int) {
        precondition(slot < next, "a slot that was never taken")
        assert(!free.contains(slot), "a slot comes back once")
        free.append(slot)
    }
}
