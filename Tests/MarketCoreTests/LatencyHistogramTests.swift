import MarketCore
import Testing

@Suite("Histograms of durations")
struct LatencyHistogramTests {
    @Test(
        "every duration lies in its bucket, whose end is at most a quarter longer, and longer ones lie in later buckets"
    )
    func buckets() {
        var former: Int64 = -1
        for duration in Array(0...5000) + [1 << 20, 1 << 40, Int64.max / 8] {
            let bucket = LatencyHistogram.bucket(ofMilliseconds: duration)
            let end = LatencyHistogram.millisecondsMax(ofBucket: bucket)
            #expect(end >= duration && end <= duration + duration / 4)
            #expect(bucket >= former)
            if bucket > former, bucket > 0 {
                #expect(LatencyHistogram.millisecondsMax(ofBucket: bucket - 1) < duration)
            }
            former = bucket
        }
    }

    @Test("percentiles are the ends of the buckets of the nearest ranks; of nothing there are none")
    func percentiles() {
        var histogram = LatencyHistogram()
        #expect(histogram.percentile(50) == nil)
        for duration in 1...100 as ClosedRange<Int64> {
            histogram.add(1, in: LatencyHistogram.bucket(ofMilliseconds: duration))
        }
        #expect(histogram.total == 100)
        #expect(histogram.percentile(1) == 1)
        #expect(histogram.percentile(5) == 5)
        #expect((50...62).contains(histogram.percentile(50) ?? 0))
        #expect((95...118).contains(histogram.percentile(95) ?? 0))
        #expect(histogram.percentile(100) ?? 0 >= 100)
    }
}
