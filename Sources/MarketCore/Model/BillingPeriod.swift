/// The paid times of a subscription, counted from its first moment in UTC.
///
/// Every period ends so many intervals after the first moment, not after the last end: what began on January 31 ends on
/// February 28 or 29, then on March 31.
public struct BillingPeriod: Hashable, Sendable {
    public let start: Timestamp
    public let end: Timestamp

    public init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }

    /// The period with this number, from 0.
    public init(anchor: Timestamp, interval: Pricing.Interval, number: Int64) {
        start = Self.moment(anchor, interval, number)
        end = Self.moment(anchor, interval, number + 1)
    }

    private static func moment(_ anchor: Timestamp, _ interval: Pricing.Interval, _ count: Int64) -> Timestamp {
        switch interval {
        case .daily: anchor.advanced(byMilliseconds: count * Timestamp.dayMilliseconds)
        case .weekly: anchor.advanced(byMilliseconds: count * 7 * Timestamp.dayMilliseconds)
        case .monthly: anchor.advanced(byMonths: count)
        }
    }
}
