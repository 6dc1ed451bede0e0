import MarketCore
import Testing

@Suite("Hours, days and months")
struct CalendarTests {
    @Test(
        "Every moment is in the one part of the calendar that starts at it or before", arguments: CalendarUnit.allCases)
    func parts(unit: CalendarUnit) {
        var generator = Xorshift(seed: 0xca1)
        for _ in 0..<5_000 {
            // Between the years 0 and 9999, which is all that can be written.
            let time = Timestamp(milliseconds: Int64(generator.next() % 315_000_000_000_000) - 62_000_000_000_000)
            let (start, end) = (unit.start(of: time), unit.end(of: time))
            #expect(start <= time && time < end)
            #expect(unit.start(of: start) == start)
            #expect(unit.end(of: start) == end)
            #expect(unit.start(of: end) == end)
            let last = end.advanced(byMilliseconds: -1)
            #expect(unit.start(of: last) == start && unit.end(of: last) == end)
        }
    }

    @Test("A start is the moment's own text up to its hour, day or month")
    func text() {
        var generator = Xorshift(seed: 0x7e7)
        let rests: [(CalendarUnit, Int, String)] = [
            (.hour, 13, ":00:00.000Z"), (.day, 10, "T00:00:00.000Z"), (.month, 7, "-01T00:00:00.000Z"),
        ]
        for _ in 0..<3_000 {
            let time = Timestamp(milliseconds: Int64(generator.next() % 315_000_000_000_000) - 62_000_000_000_000)
            for (unit, length, rest) in rests {
                #expect(unit.start(of: time).description == time.description.prefix(length) + rest)
            }
        }
    }

    @Test("Months follow each other without a gap, each with the days that it has")
    func months() throws {
        var start = try #require(Timestamp("1599-01-01T00:00:00Z"))
        for year in 1599..<2_410 {
            let isLeap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
            for days in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as [Int64] {
                let end = CalendarUnit.month.end(of: start)
                #expect(end.milliseconds - start.milliseconds == days * 86_400_000)
                #expect(CalendarUnit.month.start(of: end.advanced(byMilliseconds: -1)) == start)
                start = end
            }
        }
        #expect(start.description == "2410-01-01T00:00:00.000Z")
    }

    @Test("Months there and back again end where they began, on any day that all months have")
    func returning() {
        var generator = Xorshift(seed: 0xbac)
        for _ in 0..<3_000 {
            let first = CalendarUnit.month.start(
                of: Timestamp(milliseconds: Int64(generator.next() % 4_000_000_000_000)))
            let time = first.advanced(byMilliseconds: Int64(generator.next() % (28 * 86_400_000)))
            let count = Int64(generator.next() % 2_400) - 1_200
            #expect(time.advanced(byMonths: count).advanced(byMonths: -count) == time)
        }
    }
}
