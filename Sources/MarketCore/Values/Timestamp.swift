import Foundation

/// A moment in UTC, in whole milliseconds since 1970: the same in memory, in a row and on the wire.
public struct Timestamp: Hashable, Sendable, Comparable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Now, by the machine's wall clock, which may be set back; durations use a monotonic clock.
    public static var now: Self {
        Self(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The moment so much later, or earlier for a negative count; the ends of time hold it.
    public func advanced(byMilliseconds delta: Int64) -> Self {
        let (sum, overflow) = milliseconds.addingReportingOverflow(delta)
        return Self(milliseconds: overflow ? (delta < 0 ? .min : .max) : sum)
    }
}
