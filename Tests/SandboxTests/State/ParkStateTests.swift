import SandboxProtocol
import Testing

@Suite("The launcher's state of what was started ahead")
struct ParkStateTests {
    private static let millisecond: Int64 = 1_000_000

    /// Looks as often as it wants to, at something that uses `used(now)` microseconds; the first finding, and when.
    private func run(
        _ state: inout ParkState, until end: Int64, isAsleep: Bool = true, _ used: (Int64) -> UInt64
    ) -> (finding: ParkState.Finding, at: Int64) {
        while state.nextLook <= end {
            let now = state.nextLook
            let finding = state.look(now: now, cpuMicroseconds: { used(now) }, isAsleep: { isAsleep })
            if finding != .nothing { return (finding, now) }
        }
        return (.nothing, end)
    }

    @Test("finds it ready once it has come to rest, and looks seldom before")
    func rest() {
        var state = ParkState(limits: RunStateTests.limits(), begun: 0)
        var looks = 0
        let (finding, at) = run(&state, until: 10_000 * Self.millisecond) { now in
            looks += 1
            // An interpreter that starts for 100 ms.
            return UInt64(min(now, 100 * Self.millisecond) / 1000)
        }
        #expect(finding == .ready)
        #expect((100...400).contains(at / Self.millisecond), "\(at)")
        #expect(looks < 10)
        #expect(state.isReady)
    }

    @Test("ends what does not come to rest within the run's own limits")
    func restless() {
        var slow = ParkState(limits: RunStateTests.limits(wall: 2000, cpu: 60_000), begun: 0)
        let timeout = run(&slow, until: 10_000 * Self.millisecond) { UInt64($0 / 10_000) }
        #expect(timeout.finding == .kill(.wall) && timeout.at == 2000 * Self.millisecond)
        var busy = ParkState(limits: RunStateTests.limits(wall: 60_000, cpu: 1000), begun: 0)
        let burnt = run(&busy, until: 10_000 * Self.millisecond) { UInt64($0 / 1000) }
        #expect(burnt.finding == .kill(.cpu))
        #expect((1000...1200).contains(burnt.at / Self.millisecond))
    }

    @Test("ends what works while it waits, and lets a timer of a runtime be")
    func idle() {
        var state = ParkState(limits: RunStateTests.limits(), begun: 0)
        #expect(run(&state, until: 1000 * Self.millisecond) { _ in 500 }.finding == .ready)
        // 5 ms in each second.
        let quiet = run(&state, until: 60_000 * Self.millisecond) { 500 + UInt64($0 / 200_000) }
        #expect(quiet.finding == .nothing)
        // As a start that only seemed to be at rest.
        let burst = run(&state, until: 62_000 * Self.millisecond) { 40_500 + UInt64($0 / 200_000) }
        #expect(burst.finding == .nothing)
        let loud = run(&state, until: 120_000 * Self.millisecond) { UInt64($0 / 10_000) }
        #expect(loud.finding == .kill(.cpu))
    }

    @Test("does not take for rest that what wants to run gets no processor")
    func starved() {
        var state = ParkState(limits: RunStateTests.limits(wall: 2000), begun: 0)
        #expect(run(&state, until: 1000 * Self.millisecond, isAsleep: false) { _ in 77 }.finding == .nothing)
        #expect(run(&state, until: 1500 * Self.millisecond) { _ in 77 }.finding == .ready)
    }

    @Test("finds ready what nobody counts")
    func uncounted() {
        var state = ParkState(limits: RunStateTests.limits(), begun: 0)
        #expect(run(&state, until: 1000 * Self.millisecond) { _ in 0 }.finding == .ready)
    }
}
