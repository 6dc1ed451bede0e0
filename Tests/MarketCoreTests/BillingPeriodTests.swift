import MarketCore
import Testing

@Suite("Billing periods")
struct BillingPeriodTests {
    private static func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    /// The date and the time of a moment.
    private static func parts(_ time: Timestamp) -> (month: Substring, day: Int, time: Substring) {
        let text = time.description
        return (text.prefix(7), Int(text.dropFirst(8).prefix(2)) ?? 0, text.dropFirst(11))
    }

    @Test(
        "A month that is too short ends the period on its last day, and the next one does not",
        arguments: [
            ("2024-01-31T10:00:00.000Z", ["2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"]),
            ("2023-01-31T10:00:00.000Z", ["2023-02-28", "2023-03-31"]),
            ("2000-01-30T10:00:00.000Z", ["2000-02-29", "2000-03-30"]),
            ("2100-01-31T10:00:00.000Z", ["2100-02-28", "2100-03-31"]),
            ("2024-02-29T10:00:00.000Z", ["2024-03-29", "2024-04-29"]),
            ("2023-11-30T10:00:00.000Z", ["2023-12-30", "2024-01-30", "2024-02-29", "2024-03-30"]),
            ("2023-12-31T23:59:59.999Z", ["2024-01-31", "2024-02-29", "2024-03-31"]),
            ("1969-11-30T23:59:59.999Z", ["1969-12-30", "1970-01-30", "1970-02-28", "1970-03-30"]),
            ("1899-12-31T00:00:00.000Z", ["1900-01-31", "1900-02-28", "1900-03-31"]),
        ])
    func months(anchor: String, ends: [String]) throws {
        let anchor = try Self.time(anchor)
        for (number, end) in ends.enumerated() {
            let period = BillingPeriod(anchor: anchor, interval: .monthly, number: Int64(number))
            #expect(period.end.description.hasPrefix(end))
            #expect(Self.parts(period.end).time == Self.parts(anchor).time)
        }
    }

    @Test(
        "A thousand periods follow each other without a gap, on the day on which they began",
        arguments: Pricing.Interval.allCases,
        [
            "2024-01-31T23:59:59.999Z", "2024-02-29T00:00:00.000Z", "1999-12-31T12:00:00.000Z",
            "1969-12-31T23:59:59.999Z", "1901-01-01T00:00:00.000Z", "2096-02-29T01:02:03.004Z",
        ])
    func sequence(interval: Pricing.Interval, anchor: String) throws {
        let anchor = try Self.time(anchor)
        let day = Self.parts(anchor).day
        var previous: BillingPeriod?
        for number in 0..<Int64(1_000) {
            let period = BillingPeriod(anchor: anchor, interval: interval, number: number)
            #expect(period.start < period.end)
            #expect(period.start == previous?.end ?? anchor)
            let (month, endDay, time) = Self.parts(period.end)
            #expect(time == Self.parts(anchor).time)
            if interval == .monthly {
                #expect(month != Self.parts(period.start).month)
                let next = try Self.time("\(Self.parts(period.end.advanced(byMonths: 1)).month)-01T00:00:00Z")
                let last = Self.parts(next.advanced(byMilliseconds: -1)).day
                #expect(endDay == min(day, last))
            } else {
                let days: Int64 = interval == .daily ? 1 : 7
                #expect(period.end.milliseconds - period.start.milliseconds == days * 86_400_000)
            }
            previous = period
        }
    }

    @Test("No clock makes a period of a subscription trap", arguments: Pricing.Interval.allCases)
    func farAnchors(interval: Pricing.Interval) {
        for anchor in [Int64.min / 2, -1, 0, 1, Int64.max / 2] {
            for number in [Int64(0), 1, 1_000_000] {
                let period = BillingPeriod(
                    anchor: Timestamp(milliseconds: anchor), interval: interval, number: number)
                #expect(period.start < period.end)
            }
        }
    }
}
