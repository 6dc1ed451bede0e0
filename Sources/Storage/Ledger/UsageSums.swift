import MarketCore
import Metering

/// The sums of usage that a recount gives, less those that are kept: the hours' by the runs, the days' and months' by the
/// hours.
///
/// Every kept row counts at least one run, or is an ``Oddity``; so rows that should not be there differ too.
struct UsageSums {
    /// By what runs are summed, but for the time. The texts are good until the next row.
    struct Key {
        let agent: RowKey
        let seller: RowKey
        let skill: RowKey
        let chain: RowKey
        let verdict: UnsafeRawBufferPointer
        let currency: RowWord
    }

    /// Calls, units, cost, duration, processor time, bytes of requests and of responses.
    static let columnCount = 7

    private let hash = KeyedHash(factors: columnCount)
    private var hours = Fingerprint()
    private var days = Fingerprint()
    private var months = Fingerprint()
    /// The primary key of the last kept row.
    private var last: UInt128?
    /// Of the last row: mostly the next one's too.
    private var day = Span()
    private var month = Span()

    private struct Span {
        var start: Int64 = 0
        var end: Int64 = 0
    }

    var areMet: Bool { hours.isZero && days.isZero && months.isZero }

    @inline(__always)
    mutating func add(run key: Key, at time: Int64, _ values: (Int) throws -> Int64) throws {
        // As far as the calendar of SQLite goes, and not before 1970.
        guard (0..<253_402_300_800_000).contains(time) else { throw Oddity() }
        hours.add(hash(of: key, at: time - time % 3_600_000), times: try hash.number(values))
    }

    /// A row of `usage_totals`, which come in the order of their primary key: of two with the same, each would have but a
    /// part of the sum.
    mutating func add(kept key: Key, _ unit: RowWord, from start: Int64, _ values: (Int) throws -> Int64) throws {
        guard try values(0) > 0, (0..<253_402_300_800_000).contains(start) else { throw Oddity() }
        let primary = primaryHash(of: key, unit, at: start)
        guard primary != last else { throw Oddity() }
        last = primary
        let number = try hash.number(values)
        let kept = hash(of: key, at: start)
        switch unit {
        case .hour:
            hours.remove(kept, times: number)
            let time = Timestamp(milliseconds: start)
            if start < day.start || start >= day.end { day = Self.span(.day, of: time) }
            if start < month.start || start >= month.end { month = Self.span(.month, of: time) }
            days.add(hash(of: key, at: day.start), times: number)
            months.add(hash(of: key, at: month.start), times: number)
        case .day: days.remove(kept, times: number)
        case .month: months.remove(kept, times: number)
        default: throw Oddity()
        }
    }

    private static func span(_ unit: CalendarUnit, of time: Timestamp) -> Span {
        Span(start: unit.start(of: time).milliseconds, end: unit.end(of: time).milliseconds)
    }

    @inline(__always)
    private func hash(of key: Key, at start: Int64) -> UInt128 {
        hash { hasher in
            hasher.combine(start)
            hasher.combine(key.agent)
            hasher.combine(key.seller)
            hasher.combine(key.skill)
            hasher.combine(key.chain)
            hasher.combine(key.currency)
            hasher.combine(key.verdict.count)
            hasher.combine(bytes: key.verdict)
        }
    }

    private func primaryHash(of key: Key, _ unit: RowWord, at start: Int64) -> UInt128 {
        hash { hasher in
            hasher.combine(unit)
            hasher.combine(start)
            hasher.combine(key.agent)
            hasher.combine(key.skill)
            hasher.combine(key.chain)
            hasher.combine(key.currency)
            hasher.combine(bytes: key.verdict)
        }
    }
}
