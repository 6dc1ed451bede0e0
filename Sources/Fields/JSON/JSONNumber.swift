/// A JSON number with the exact digits it was written with; no value passes through floating point unless asked to.
///
/// Equality is numeric: `1`, `1.0` and `10e-1` are equal.
public struct JSONNumber: Sendable {
    /// The longest text of a number that is read.
    public static let textBytesMax = 1024

    /// Exactly as written.
    public let text: String

    /// The number that `text` writes; nil unless it is exactly one number of RFC 8259.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.withUnsafeBufferPointer({ JSONNumber.length(in: $0, from: 0) }) == bytes.count,
            bytes.count <= Self.textBytesMax
        else { return nil }
        self.text = text
    }

    public init(_ value: Int64) {
        text = String(value)
    }

    /// The shortest text that reads back as `value`; nil for infinities and NaN, which JSON does not have.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        text = value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    /// For the parser, which has checked the text.
    init(checked text: String) {
        self.text = text
    }

    /// The value, when it is whole and fits; `1.0` and `1e3` are whole.
    public var int64: Int64? {
        if let plain = Int64(text) { return plain }
        let parts = decimalParts
        guard parts.exponent >= 0, parts.digits.count + parts.exponent <= 19 else { return nil }
        let digits = parts.digits + Array(repeating: UInt8(ascii: "0"), count: parts.exponent)
        let magnitude = String(decoding: digits, as: UTF8.self)
        return Int64((parts.isNegative ? "-" : "") + (magnitude.isEmpty ? "0" : magnitude))
    }

    /// The nearest double; infinite when beyond its range.
    public var double: Double { Double(text) ?? .infinity }

    /// The exact value without an exponent, such as `0.001`; nil when that takes more than 60 digits.
    public var decimal: String? {
        let parts = decimalParts
        guard !parts.digits.isEmpty else { return "0" }
        guard abs(parts.exponent) <= 60, parts.digits.count <= 60 else { return nil }
        var digits = parts.digits
        let zero = UInt8(ascii: "0")
        if parts.exponent >= 0 {
            digits += Array(repeating: zero, count: parts.exponent)
        } else {
            let fraction = -parts.exponent
            if digits.count <= fraction {
                digits.insert(contentsOf: Array(repeating: zero, count: fraction - digits.count + 1), at: 0)
            }
            digits.insert(UInt8(ascii: "."), at: digits.count - fraction)
        }
        guard digits.count - (parts.exponent < 0 ? 1 : 0) <= 60 else { return nil }
        return (parts.isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self)
    }
}

extension JSONNumber: Hashable {
    public static func == (left: Self, right: Self) -> Bool {
        left.text == right.text || left.decimalParts == right.decimalParts
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(decimalParts)
    }
}

extension JSONNumber {
    /// A number as `digits × 10^exponent`, with neither leading nor trailing zeros; no digits mean zero.
    struct DecimalParts: Hashable {
        var isNegative = false
        var digits: [UInt8] = []
        var exponent = 0
    }

    var decimalParts: DecimalParts {
        var parts = DecimalParts()
        var inFraction = false
        var bytes = text.utf8[...]
        if bytes.first == UInt8(ascii: "-") {
            parts.isNegative = true
            bytes.removeFirst()
        }
        scan: while let byte = bytes.first {
            switch byte {
            case UInt8(ascii: "."): inFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): break scan
            default:
                if inFraction { parts.exponent -= 1 }
                if byte != UInt8(ascii: "0") || !parts.digits.isEmpty { parts.digits.append(byte) }
            }
            bytes.removeFirst()
        }
        if !bytes.isEmpty {
            // The parser bounds the exponent's digits, so that this neither fails nor overflows.
            parts.exponent += Int(String(Substring(bytes.dropFirst()))) ?? 0
        }
        while parts.digits.last == UInt8(ascii: "0") {
            parts.digits.removeLast()
            parts.exponent += 1
        }
        return parts.digits.isEmpty ? DecimalParts() : parts
    }

    /// How many bytes of `bytes` from `start` form a number of RFC 8259; nil when none do, or when the exponent has
    /// more than six digits.
    static func length(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var position = start
        func digits() -> Int {
            let first = position
            while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
            return position - first
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
        let whole = position
        let wholeDigits = digits()
        guard wholeDigits == 1 || (wholeDigits > 1 && bytes[whole] != UInt8(ascii: "0")) else { return nil }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            guard digits() > 0 else { return nil }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            guard (1...6).contains(digits()) else { return nil }
        }
        return position - start
    }
}
