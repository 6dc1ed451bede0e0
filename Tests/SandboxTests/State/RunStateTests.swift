import SandboxProtocol
import Testing

@Suite("The launcher's state of one run")
struct RunStateTests {
    static func limits(wall: UInt64 = 30_000, cpu: UInt64 = 1000, percent: UInt64 = 100) -> RunLimits {
        RunLimits(
            wallMilliseconds: wall, cpuMilliseconds: cpu, cpuPercent: percent, memoryBytes: 1, pidsMax: 1, tmpBytes: 1,
            fileSizeBytes: 1, openFiles: 1)
    }

    static func state(
        _ limits: RunLimits = limits(), begun: Int64 = 0, processors: Int = 2, countsCPU: Bool = true,
        limitsShare: Bool = true
    ) -> RunState {
        RunState(
            limits: limits, begun: begun, processors: processors, countsCPU: countsCPU, limitsShare: limitsShare)
    }

    static let second: Int64 = 1_000_000_000

    /// Nothing is asked, nothing is killed.
    private func expectNoLook(_ state: inout RunState, at now: Int64, _ place: SourceLocation = #_sourceLocation) {
        var asked = false
        let reason = state.look(now: now) {
            asked = true
            return .max
        }
        #expect(!asked && reason == nil, sourceLocation: place)
    }

    @Test("kills for wall time at its deadline and not before")
    func wall() {
        var state = Self.state(Self.limits(wall: 300, cpu: 5000), begun: 7)
        #expect(state.nextLook == 300_000_007)
        let early = state.look(now: 300_000_006) { 0 }
        let now = state.look(now: 300_000_007) { 0 }
        #expect(early == nil)
        #expect(now == .wall)
    }

    @Test("without a count of processor time looks at wall time alone")
    func uncounted() {
        var state = Self.state(countsCPU: false)
        #expect(state.nextLook == 30 * Self.second)
        expectNoLook(&state, at: 29 * Self.second)
    }

    @Test("does not ask for processor time before it can be used up")
    func noPolling() {
        var state = Self.state(Self.limits(cpu: 20_000))
        // 20 s at a share of one processor.
        #expect(state.nextLook == 20 * Self.second - 300_000_000)
        expectNoLook(&state, at: 19 * Self.second)
    }

    /// Runs a program that always burns as fast as it may, in steps of 1 ms, and returns how much it had when it was
    /// found, and how often it was asked. Two models: all processors at once without a share; and the kernel's share,
    /// which gives each period's quota at once, as late and then as early as it can.
    static func burn(_ limits: RunLimits, processors: Int, share: Bool) -> (used: Int64, looks: Int) {
        var state = Self.state(limits, processors: processors, limitsShare: share)
        var (used, looks, now): (Int64, Int, Int64) = (0, 0, 0)
        let step: Int64 = 1_000_000
        let quota = Int64(limits.cpuPercent) * 1_000_000
        var left = share ? quota : .max
        while now < 100 * second {
            if let next = state.nextLook, next <= now {
                looks += 1
                if state.look(now: now, cpuMicroseconds: { UInt64(used / 1000) }) == .cpu { return (used, looks) }
            }
            // Periods begin 50 ms off, so that the first is short.
            if share, now % 100_000_000 == 50_000_000 { left = quota }
            let got = min(left, step * Int64(processors))
            used += got
            if share { left -= got }
            now += step
        }
        return (used, looks)
    }

    @Test(
        "ends a burner within 50 ms of processor time over its limit, on any number of processors, with few looks",
        arguments: [1, 2, 8, 64], [50, 100, 150, 800])
    func overshoot(_ processors: Int, _ percent: UInt64) {
        for (cpu, share) in [(60, true), (1000, true), (1000, false), (20_000, false)] as [(UInt64, Bool)] {
            let (used, looks) = Self.burn(
                Self.limits(wall: 1_000_000, cpu: cpu, percent: percent), processors: processors, share: share)
            let limit = Int64(cpu) * 1_000_000
            // Time passes in steps of 1 ms here, on all processors at once.
            let grain = Int64(processors) * 2_000_000
            #expect(used >= limit, "cpu \(cpu) share \(share)")
            #expect(used - limit <= max(12_000_000, grain), "cpu \(cpu) share \(share): \(used - limit) ns over")
            #expect(looks < 200, "cpu \(cpu) share \(share): \(looks) looks")
        }
    }

    @Test("keeps the first reason to kill, and needs no attention then")
    func firstReason() {
        var state = Self.state()
        let none = state.kill(.none)
        let first = state.kill(.memory)
        let second = state.kill(.wall)
        #expect(!none && first && !second)
        #expect(state.killed == .memory)
        #expect(state.nextLook == nil)
        expectNoLook(&state, at: 100 * Self.second)
    }

    @Test("answers once, and is not killed after that")
    func answerOnce() {
        var state = Self.state()
        let first = state.answer()
        let second = state.answer()
        let killed = state.kill(.wall)
        #expect(first && !second && !killed)
        #expect(state.killed == .none)
        #expect(state.nextLook == nil)
    }

    @Test("with the greatest limits counts without overflow")
    func greatest() {
        var state = Self.state(Self.limits(wall: 86_400_000, cpu: 86_400_000, percent: 1), begun: .max / 2)
        let begun = Int64.max / 2
        #expect(state.nextLook == begun + 86_400_000 * 1_000_000)
        expectNoLook(&state, at: .max / 2)
        var many = Self.state(Self.limits(wall: 86_400_000, cpu: 86_400_000, percent: 1_000_000), processors: 4096)
        let reason = many.look(now: 30 * Self.second) { .max }
        #expect(reason == .cpu)
    }
}

@Suite("Slots")
struct SlotPoolTests {
    @Test("are never given twice at a time, and come back")
    func unique() {
        var pool = SlotPool(countMax: 3)
        let slots = (0..<4).map { _ in pool.take() }
        #expect(slots == [0, 1, 2, nil])
        #expect(pool.countTaken == 3)
        pool.give(back: 1)
        #expect(pool.countTaken == 2)
        let again = pool.take()
        let none = pool.take()
        #expect(again == 1)
        #expect(none == nil)
    }
}
