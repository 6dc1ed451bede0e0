public import Foundation

/// A moment in UTC, in whole milliseconds since 1970: the same in memory, in a row and on the wire.
public struct Timestamp: Hashable, Sendable, Comparable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Now, by the machine's wall clock, which may be set back; durations use a monotonic clock.
    public static var now: Self {
        Self(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.milliseconds < right.milliseconds
    }

    public func advanced(byMilliseconds delta: Int64) -> Self {
        Self(milliseconds: milliseconds + delta)
    }
}

extension Timestamp: LosslessStringConvertible, Codable {
    /// RFC 3339 in UTC with milliseconds, such as `2026-01-31T09:30:00.250Z`.
    public var description: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// Parses RFC 3339 with a zone, with or without a fraction; nil for anything else.
    public init?(_ description: String) {
        guard description.utf8.count <= 40 else { return nil }
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: description.contains("."))
        guard let date = try? style.parse(description) else { return nil }
        milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded())
    }

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
