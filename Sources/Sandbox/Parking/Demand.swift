/// How many runs of one kind go on at once, and how many sandboxes should therefore wait for the next. Pure; times are
/// nanoseconds of CLOCK_MONOTONIC.
struct Demand {
    private(set) var running = 0
    private(set) var lastUse: Int64 = 0
    /// The most that ran at once, forgotten by and by.
    private var peak = 0.0
    /// Runs, forgotten in the same way.
    private var recent = 0.0

    /// What is left of the past after each tick of a second: half after about a minute.
    private static let memory = 0.988

    mutating func begin(now: Int64) {
        running += 1
        peak = max(peak, Double(running))
        recent += 1
        lastUse = now
    }

    /// Of a run that began before its kind was forgotten and known anew, nothing is left to be ended.
    mutating func end() { running = max(0, running - 1) }

    mutating func tick() {
        peak = max(Double(running), peak * Self.memory)
        recent *= Self.memory
    }

    /// - Parameters:
    ///   - countMax: of the profile.
    ///   - started: a program is started in them, which one run alone does not justify.
    func target(countMax: Int, started: Bool, idleNanosecondsMax: Int64, now: Int64) -> Int {
        guard lastUse > 0, now - lastUse < idleNanosecondsMax, !started || recent > 1.5 else { return 0 }
        // One more, for while it is taken the next one is built.
        return min(countMax, Int(peak.rounded(.up)) + 1)
    }
}
