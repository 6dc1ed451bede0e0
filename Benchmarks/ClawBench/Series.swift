/// The times of one contender.
struct Series {
    let name: String
    private(set) var nanoseconds: [Int64] = []

    init(name: String) {
        self.name = name
    }

    mutating func add(_ nanoseconds: Int64) {
        self.nanoseconds.append(nanoseconds)
    }

    /// Nil when there is not one measurement.
    var summary: Summary? {
        let sorted = nanoseconds.sorted()
        guard !sorted.isEmpty else { return nil }
        return Summary(
            name: name, count: sorted.count, p50: Self.percentile(50, of: sorted), p95: Self.percentile(95, of: sorted),
            p99: Self.percentile(99, of: sorted))
    }

    /// The nearest rank: the smallest value that at least `percent` of all do not exceed. Nothing is interpolated.
    static func percentile(_ percent: Int, of sorted: [Int64]) -> Int64 {
        sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
    }
}

/// Percentiles of one series, in nanoseconds.
struct Summary {
    let name: String
    let count: Int
    let p50: Int64
    let p95: Int64
    let p99: Int64
}
