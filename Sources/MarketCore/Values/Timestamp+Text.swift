// Written by hand, because every usage record and every log line formats one.

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
