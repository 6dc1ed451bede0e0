import CLinux
import Metrics
import Sandbox

/// When the steps of one call were done. Each phase lasts from the end of the one before it that took place.
public struct PhaseClock: Sendable {
    /// In the order of a call.
    public enum Phase: Int, CaseIterable, Sendable {
        /// The head of the request was there: where the clock begins.
        case accept
        /// Body read, key checked, JSON read.
        case parse
        /// Skill, pauses, health, endpoint, licence and its rate: the call may run.
        case license
        /// Payload against its schema, price, limits, secrets: what the sandbox is asked for.
        case prepare
        /// Amount and use reserved and written down; rate of the licence.
        case hold
        /// A turn, pipes, and a sandbox where one waited.
        case acquire
        /// The launcher has it.
        case dispatch
        /// The sandbox is built; nothing where one waited.
        case seal
        /// The program is executed; nothing where it ran ahead.
        case exec
        case firstByte
        case exit
        /// The tree is dead, all output read, and the node has it.
        case collect
        /// Booked durably.
        case settle
        /// Handed to the connection.
        case reply

        /// The name in metrics and in the `Server-Timing` header, such as `firstByte`.
        public var name: String { Self.names[rawValue] }

        // Made once: finding a case's name asks the runtime.
        private static let names = allCases.map { "\($0)" }
    }

    /// Nanoseconds of CLOCK_MONOTONIC by phase; 0 for one that did not take place.
    private var marks = [Int64](repeating: 0, count: Phase.allCases.count)

    /// - Parameter accepted: nanoseconds of CLOCK_MONOTONIC.
    public init(accepted: Int64 = PhaseClock.now) {
        marks[Phase.accept.rawValue] = accepted
    }

    public static var now: Int64 { clw_monotonic_ns() }

    public mutating func mark(_ phase: Phase, at time: Int64 = PhaseClock.now) {
        marks[phase.rawValue] = time
    }

    mutating func mark(_ times: RunTimes) {
        let steps: [(Phase, Int64?)] = [
            (.acquire, times.acquired), (.dispatch, times.dispatched), (.seal, times.sealed), (.exec, times.executed),
            (.firstByte, times.firstByte), (.exit, times.exited), (.collect, times.collected),
        ]
        for case (let phase, let time?) in steps { mark(phase, at: time) }
    }

    /// Each phase that took place, and how long it took in nanoseconds.
    public var durations: [(phase: Phase, nanoseconds: Int64)] {
        var last = marks[0]
        var durations: [(phase: Phase, nanoseconds: Int64)] = []
        for phase in Phase.allCases.dropFirst() where marks[phase.rawValue] > 0 {
            // A first byte may be read before the launcher's word of the exec is.
            durations.append((phase, max(0, marks[phase.rawValue] - last)))
            last = max(last, marks[phase.rawValue])
        }
        return durations
    }

    func count() {
        for (phase, nanoseconds) in durations { Self.timers[phase.rawValue].recordNanoseconds(nanoseconds) }
    }

    /// The answer is made, too. By whoever makes it, once.
    package func countReply() {
        Self.timers[Phase.reply.rawValue].recordNanoseconds(Self.now - marks[Phase.settle.rawValue])
    }

    private static let timers = Phase.allCases.map { phase in
        Timer(label: "execution_phase_seconds", dimensions: [("phase", phase.name)])
    }
}
