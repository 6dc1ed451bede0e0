/// Counts of durations, in buckets that are wider the longer they are, so that percentiles of any number of runs are
/// known to about a sixth without keeping the runs.
public struct LatencyHistogram: Hashable, Sendable {
    /// By bucket.
    public private(set) var counts: [Int64: Int64] = [:]

    public init() {}

    public mutating func add(_ count: Int64, in bucket: Int64) {
        counts[bucket, default: 0] += count
    }

    /// The bucket of a duration: milliseconds below 8 each have their own, then each doubling has four.
    public static func bucket(ofMilliseconds duration: Int64) -> Int64 {
        guard duration >= 8 else { return max(0, duration) }
        let exponent = Int64(63 - duration.leadingZeroBitCount)
        // The two bits after the first tell the four parts of a doubling.
        return 8 + (exponent - 3) * 4 + (duration >> (exponent - 2)) & 3
    }

    /// The longest duration of a bucket.
    public static func millisecondsMax(ofBucket bucket: Int64) -> Int64 {
        guard bucket >= 8 else { return bucket }
        let (exponent, part) = ((bucket - 8) / 4 + 3, (bucket - 8) % 4)
        return (4 + part + 1) << (exponent - 2) - 1
    }

    public var total: Int64 { counts.values.reduce(0, +) }

    /// The smallest bucket's end that at least `percent` of all do not exceed, in milliseconds; nil when nothing was
    /// counted.
    public func percentile(_ percent: Int64) -> Int64? {
        let rank = max(1, (total * percent + 99) / 100)
        var seen: Int64 = 0
        for (bucket, count) in counts.sorted(by: { $0.key < $1.key }) {
            seen += count
            if seen >= rank { return Self.millisecondsMax(ofBucket: bucket) }
        }
        return nil
    }
}
