import Testing

@testable import Sandbox

@Suite("The watch over the launcher")
struct LauncherWatchTests {
    /// A millisecond in nanoseconds.
    static let ms: Int64 = 1_000_000

    static func watch() -> LauncherWatch {
        var times = LauncherWatch.Times()
        times.quiet = 10 * ms
        times.answer = 20 * ms
        times.grace = 100 * ms
        return LauncherWatch(times: times)
    }

    private func expect(
        _ watch: inout LauncherWatch, at now: Int64, _ findings: [LauncherWatch.Finding],
        _ place: SourceLocation = #_sourceLocation
    ) {
        let found = watch.look(now: now)
        #expect(found == findings, sourceLocation: place)
    }

    @Test("has nothing to look at while nothing runs")
    func idle() {
        var watch = Self.watch()
        #expect(watch.nextLook == nil)
        expect(&watch, at: .max, [])
        let first = watch.begin(1, wallMilliseconds: 5, now: 1000 * Self.ms)
        #expect(first)
        // The quiet before it does not count.
        #expect(watch.nextLook == 1010 * Self.ms)
        watch.end(1)
        #expect(watch.nextLook == nil)
    }

    @Test("asks after quiet, and is content with any message")
    func ping() {
        var watch = Self.watch()
        _ = watch.begin(1, wallMilliseconds: 1000, now: 0)
        expect(&watch, at: 9 * Self.ms, [])
        expect(&watch, at: 10 * Self.ms, [.ping])
        #expect(watch.nextLook == 30 * Self.ms)
        watch.heard(now: 12 * Self.ms)
        #expect(watch.nextLook == 22 * Self.ms)
        expect(&watch, at: 21 * Self.ms, [])
        #expect(!watch.isSilent)
    }

    @Test("finds silence when no answer comes, once, and ends with the next message")
    func silence() {
        var watch = Self.watch()
        _ = watch.begin(1, wallMilliseconds: 1000, now: 0)
        expect(&watch, at: 10 * Self.ms, [.ping])
        expect(&watch, at: 29 * Self.ms, [])
        expect(&watch, at: 30 * Self.ms, [.silent])
        #expect(watch.isSilent)
        expect(&watch, at: 90 * Self.ms, [])
        watch.heard(now: 91 * Self.ms)
        #expect(!watch.isSilent)
    }

    @Test("ends a run long after its wall time though the launcher speaks, and only that run")
    func overdue() {
        var watch = Self.watch()
        _ = watch.begin(1, wallMilliseconds: 1, now: 0)
        _ = watch.begin(2, wallMilliseconds: 500, now: 0)
        watch.heard(now: 100 * Self.ms)
        expect(&watch, at: 101 * Self.ms, [.overdue(1)])
        expect(&watch, at: 101 * Self.ms, [])
        #expect(watch.nextLook == 110 * Self.ms)
    }
}
