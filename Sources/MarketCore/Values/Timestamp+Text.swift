// Written by hand, because every usage record and every log line formats one. The calendar arithmetic is Howard
// Hinnant's `days_from_civil` and `civil_from_days`.

extension Timestamp: LosslessStringConvertible {
    /// RFC 3339 in UTC with milliseconds, such as `2026-01-31T09:30:00.250Z`. Years before 0 and after 9999, which
    /// RFC 3339 does not have, become the nearest moment that it has.
    public var description: String {
        let clamped = min(max(milliseconds, Self.first), Self.last)
        let day = clamped.quotientDown(86_400_000)
        let time = clamped - day * 86_400_000
        let (year, month, dayOfMonth) = Self.civil(day)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        func append(_ value: Int64, digits: Int, then end: Unicode.Scalar) {
            var divisor: Int64 = 1
            for _ in 1..<digits { divisor *= 10 }
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
                divisor /= 10
            }
            text.append(UInt8(ascii: end))
        }
        append(year, digits: 4, then: "-")
        append(month, digits: 2, then: "-")
        append(dayOfMonth, digits: 2, then: "T")
        append(time / 3_600_000, digits: 2, then: ":")
        append(time / 60_000 % 60, digits: 2, then: ":")
        append(time / 1000 % 60, digits: 2, then: ".")
        append(time % 1000, digits: 3, then: "Z")
        return String(decoding: text, as: UTF8.self)
    }

    /// Parses RFC 3339 with a zone, with or without a fraction; nil for anything else. What is beyond milliseconds is
    /// cut off; a leap second counts as the second after it.
    public init?(_ description: String) {
        var reader = DigitReader(bytes: Array(description.utf8.prefix(41)))
        guard description.utf8.count <= 40, let year = reader.number(4), reader.take("-"),
            let month = reader.number(2), reader.take("-"), let day = reader.number(2),
            reader.take("T") || reader.take("t") || reader.take(" "),
            let hour = reader.number(2), reader.take(":"), let minute = reader.number(2), reader.take(":"),
            let second = reader.number(2),
            (1...12).contains(month), day >= 1, day <= Self.days(ofMonth: month, year: year), hour < 24, minute < 60,
            second <= 60, second < 60 || minute == 59
        else { return nil }
        var fraction: Int64 = 0
        if reader.take(".") {
            guard let milliseconds = reader.milliseconds() else { return nil }
            fraction = milliseconds
        }
        guard let offsetMinutes = reader.zone(), reader.isAtEnd else { return nil }
        let seconds = (hour * 60 + minute - offsetMinutes) * 60 + second
        milliseconds = (Self.days(year, month, day) * 86_400 + seconds) * 1000 + fraction
    }

    private static let first = days(0, 1, 1) * 86_400_000
    private static let last = days(10_000, 1, 1) * 86_400_000 - 1

    private static func days(ofMonth month: Int64, year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Days from 1970-01-01 to a date. A year starts in March, so that the leap day is its last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = marchYear.quotientDown(400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
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

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an RFC 3339 time")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Int64 {
    /// The quotient rounded towards negative infinity.
    fileprivate func quotientDown(_ divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}

private struct DigitReader {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: scalar) else { return false }
        position += 1
        return true
    }

    private mutating func digit() -> Int64? {
        guard position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 else { return nil }
        defer { position += 1 }
        return Int64(bytes[position] - UInt8(ascii: "0"))
    }

    mutating func number(_ count: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// At least one digit behind the point; the first three count.
    mutating func milliseconds() -> Int64? {
        guard let tenths = digit() else { return nil }
        // A digit that is missing does not move on, so that the ones behind it are missing too.
        let hundredths = digit() ?? 0
        let thousandths = digit() ?? 0
        while digit() != nil {}
        return tenths * 100 + hundredths * 10 + thousandths
    }

    /// Minutes east of UTC.
    mutating func zone() -> Int64? {
        if take("Z") || take("z") { return 0 }
        let isEast = take("+")
        guard isEast || take("-"), let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60
        else { return nil }
        return (isEast ? 1 : -1) * (hours * 60 + minutes)
    }
}
