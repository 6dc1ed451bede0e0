// The proleptic Gregorian calendar in UTC. The arithmetic is Howard Hinnant's `days_from_civil` and `civil_from_days`.

/// A part of the calendar by which money and runs are summed.
public enum CalendarUnit: String, Hashable, Sendable, CaseIterable {
    case hour, day, month

    /// The first moment of the hour, day or month that a moment is in.
    public func start(of time: Timestamp) -> Timestamp {
        switch self {
        case .hour: time.floored(to: 3_600_000)
        case .day: time.floored(to: Timestamp.dayMilliseconds)
        case .month: time.startOfMonth(plus: 0)
        }
    }

    /// The first moment after the hour, day or month that a moment is in.
    public func end(of time: Timestamp) -> Timestamp {
        switch self {
        case .hour: start(of: time).advanced(byMilliseconds: 3_600_000)
        case .day: start(of: time).advanced(byMilliseconds: Timestamp.dayMilliseconds)
        case .month: time.startOfMonth(plus: 1)
        }
    }
}

extension Timestamp {
    static let dayMilliseconds: Int64 = 86_400_000

    /// The same day and time of a later month, or the last day of that month when it is shorter.
    public func advanced(byMonths count: Int64) -> Timestamp {
        let days = milliseconds.quotientDown(Self.dayMilliseconds)
        let date = Self.civil(days)
        let months = date.year * 12 + date.month - 1 + count
        let year = months.quotientDown(12)
        let month = months - year * 12 + 1
        let day = min(date.day, Self.days(ofMonth: month, year: year))
        let time = milliseconds - days * Self.dayMilliseconds
        return Timestamp(milliseconds: Self.days(year, month, day) * Self.dayMilliseconds + time)
    }

    fileprivate func floored(to length: Int64) -> Timestamp {
        Timestamp(milliseconds: milliseconds.quotientDown(length) * length)
    }

    fileprivate func startOfMonth(plus count: Int64) -> Timestamp {
        let date = Self.civil(milliseconds.quotientDown(Self.dayMilliseconds))
        return Timestamp(milliseconds: Self.days(date.year, date.month, 1) * Self.dayMilliseconds)
            .advanced(byMonths: count)
    }

    static func days(ofMonth month: Int64, year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Days from 1970-01-01 to a date. A year starts in March, so that the leap day is its last.
    static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = marchYear.quotientDown(400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted.quotientDown(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension Int64 {
    /// The quotient rounded towards negative infinity.
    func quotientDown(_ divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}
