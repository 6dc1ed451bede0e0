import Testing

@testable import ClawBench

@Suite("Percentiles")
struct SeriesTests {
    @Test(
        "The nearest rank, whatever the order of the measurements",
        arguments: [
            (50, 100, 50), (95, 100, 95), (99, 100, 99), (50, 1, 1), (99, 1, 1), (50, 2, 1), (99, 2, 2), (50, 3, 2),
            (95, 10, 10), (99, 1000, 990),
        ])
    func nearestRank(percent: Int, count: Int, expected: Int64) {
        let sorted = Array(1...Int64(count))
        #expect(Series.percentile(percent, of: sorted) == expected)
    }

    @Test("A summary sorts first")
    func summary() throws {
        var series = Series(name: "x")
        for value in [5, 1, 4, 2, 3] as [Int64] { series.add(value) }
        let summary = try #require(series.summary)
        #expect(summary.count == 5)
        #expect([summary.p50, summary.p95, summary.p99] == [3, 5, 5])
    }

    @Test("Nothing measured is no summary")
    func empty() {
        #expect(Series(name: "x").summary == nil)
    }
}
