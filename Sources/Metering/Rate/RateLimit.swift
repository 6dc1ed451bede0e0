/// How many calls in how much time, and how many at once.
public struct RateLimit: Hashable, Sendable {
    /// 6,000 a minute with a burst of 1,000.
    public static let standard = RateLimit(quota: 6_000, windowSeconds: 60, burst: 1_000)

    /// Calls per window.
    public let quota: Int64
    public let windowSeconds: Int64
    /// Calls that may come at once after a quiet time.
    public let burst: Int64

    /// Traps unless all three are at least 1, the window at most a day and the others at most a thousand million;
    /// configuration is checked before it gets here.
    public init(quota: Int64, windowSeconds: Int64, burst: Int64) {
        precondition((1...1_000_000_000).contains(quota), "a quota is 1 to 10^9 calls")
        precondition((1...86_400).contains(windowSeconds), "a window is 1 to 86,400 seconds")
        precondition((1...1_000_000_000).contains(burst), "a burst is 1 to 10^9 calls")
        self.quota = quota
        self.windowSeconds = windowSeconds
        self.burst = burst
    }

    /// Nanoseconds that one call uses up; rounded up, so that never more than ``quota`` fit a window.
    var intervalNanoseconds: Int64 {
        (windowSeconds * 1_000_000_000 + quota - 1) / quota
    }

    /// How far ahead of now the used-up time may reach; clamped, since a slow limit with a large burst overflows.
    var toleranceNanoseconds: Int64 {
        let (product, overflow) = intervalNanoseconds.multipliedReportingOverflow(by: burst)
        return overflow ? .max / 4 : min(product, .max / 4)
    }
}
