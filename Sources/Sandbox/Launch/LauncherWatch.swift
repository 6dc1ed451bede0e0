/// Whether the launcher still does its work: no request waits for one that hangs, or that lost it. Pure; times are
/// nanoseconds of CLOCK_MONOTONIC.
///
/// Two kinds of evidence. A worker that says nothing for a while though runs are under way is asked (`ping`), and is
/// silent when it does not answer. A run that is still unanswered long after its wall time is overdue, whatever the
/// launcher says.
package struct LauncherWatch: Sendable {
    package struct Times: Sendable {
        /// After so much quiet the launcher is asked.
        package var quiet: Int64 = 5_000_000_000
        /// The answer is due after so much more.
        package var answer: Int64 = 10_000_000_000
        /// Added to a run's wall time: what waiting for its turn, building and reaping may take on a busy host.
        package var grace: Int64 = 20_000_000_000
    }

    enum Finding: Equatable {
        case ping
        /// End this run; the others are well.
        case overdue(UInt64)
        /// End every run, and the worker.
        case silent
    }

    private let times: Times
    private var deadlines: [UInt64: Int64] = [:]
    private var heardAt: Int64 = 0
    private var askedAt: Int64?
    /// Found silent, and nothing was heard since.
    private(set) var isSilent = false

    init(times: Times = Times()) {
        self.times = times
    }

    /// True when it is the first that is under way, so that ``nextLook`` has to be kept from now on.
    mutating func begin(_ run: UInt64, wallMilliseconds: Int64, now: Int64) -> Bool {
        let first = deadlines.isEmpty
        // Quiet counts from when there is something to say.
        if first { heardAt = now }
        deadlines[run] = now + wallMilliseconds * 1_000_000 + times.grace
        return first
    }

    mutating func end(_ run: UInt64) {
        deadlines[run] = nil
    }

    /// A message came.
    mutating func heard(now: Int64) {
        heardAt = now
        askedAt = nil
        isSilent = false
    }

    /// When to look next; nil while nothing is under way.
    var nextLook: Int64? {
        guard let first = deadlines.values.min() else { return nil }
        return min(first, askedAt.map { $0 + times.answer } ?? heardAt + times.quiet)
    }

    mutating func look(now: Int64) -> [Finding] {
        guard !deadlines.isEmpty else { return [] }
        if let askedAt {
            if now >= askedAt + times.answer {
                deadlines = [:]
                self.askedAt = nil
                isSilent = true
                return [.silent]
            }
        } else if now >= heardAt + times.quiet {
            askedAt = now
            return overdue(now) + [.ping]
        }
        return overdue(now)
    }

    private mutating func overdue(_ now: Int64) -> [Finding] {
        let late = deadlines.filter { $0.value <= now }.keys.sorted()
        for run in late { deadlines[run] = nil }
        return late.map { .overdue($0) }
    }
}
