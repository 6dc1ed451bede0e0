import ExecutionNode
import Fields
import MarketCore

/// Reads the parameters of a query strictly: each by name, none twice, and in the end none may be left over, because
/// a filter that is misspelled and ignored shows the wrong list.
struct QueryReader {
    private static let parametersMax = 32

    private let values: [String: String]
    private var known: Set<String> = []

    init(_ query: String?) throws(NodeError) {
        var values: [String: String] = [:]
        for part in (query ?? "").split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(pair[0]), let value = Self.decode(pair.count == 2 ? pair[1] : "") else {
                throw .malformed("The query \(quoted(String(part))) is not valid percent-encoded UTF-8.")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw .malformed("The query parameter \(quoted(name)) appears twice.")
            }
        }
        guard values.count <= Self.parametersMax else { throw .malformed("The query has too many parameters.") }
        self.values = values
    }

    /// An absent and an empty parameter are the same.
    mutating func string(_ name: String, bytesMax: Int = 200) throws(NodeError) -> String? {
        known.insert(name)
        guard let value = values[name], !value.isEmpty else { return nil }
        guard value.utf8.count <= bytesMax else { throw invalid(name, "must be at most \(bytesMax) bytes long") }
        guard !value.utf8.contains(0) else { throw invalid(name, "must not contain U+0000") }
        return value
    }

    mutating func int(_ name: String, in range: ClosedRange<Int>) throws(NodeError) -> Int? {
        guard let text = try string(name, bytesMax: 20) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw invalid(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    mutating func timestamp(_ name: String) throws(NodeError) -> Timestamp? {
        guard let text = try string(name, bytesMax: 40) else { return nil }
        guard let value = Timestamp(text) else {
            throw invalid(name, "must be an RFC 3339 time such as 2026-01-31T09:30:00Z")
        }
        return value
    }

    mutating func identifier<Entity>(_ name: String, of: Entity.Type) throws(NodeError) -> Identifier<Entity>? {
        guard let text = try string(name, bytesMax: 40) else { return nil }
        guard let value = Identifier<Entity>(text) else { throw invalid(name, "must be a UUID") }
        return value
    }

    mutating func enumeration<Value: RawRepresentable<String> & CaseIterable>(
        _ name: String, as: Value.Type
    ) throws(NodeError) -> Value? {
        guard let text = try string(name) else { return nil }
        guard let value = Value(rawValue: text) else {
            throw invalid(name, "must be one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return value
    }

    /// `limit` (1 to 200, else 50) and `cursor`.
    mutating func page() throws(NodeError) -> PageRequest {
        PageRequest(
            limit: try int("limit", in: 1...PageRequest.limitMax) ?? 50,
            cursor: try string("cursor", bytesMax: 1024))
    }

    /// An amount in whole units.
    mutating func money(_ name: String, _ currency: Currency) throws(NodeError) -> Money? {
        guard let text = try string(name, bytesMax: 64) else { return nil }
        do throws(MoneyError) {
            return try Money(decimal: text, currency: currency)
        } catch {
            throw invalid(name, "must be an amount of \(currency.rawValue) such as 0.001")
        }
    }

    func finish() throws(NodeError) {
        guard let unknown = values.keys.filter({ !known.contains($0) }).min() else { return }
        let names = known.sorted().joined(separator: ", ")
        throw invalid(unknown, known.isEmpty ? "no parameter is known here" : "is not known; known are \(names)")
    }

    private func invalid(_ name: String, _ message: String) -> NodeError {
        NodeError(
            status: 400, code: "invalid_parameter", detail: "The query parameter \(quoted(name)) \(message).",
            fields: ["parameter": .string(name)])
    }

    private static func decode(_ text: Substring) -> String? {
        percentDecoded(text.replacing("+", with: " "))
    }
}

/// The text that `text` stands for; nil when an escape is malformed or the bytes are not UTF-8.
func percentDecoded(_ text: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = Substring(text).utf8
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let high = rest.popFirst().flatMap(hexadecimalDigit), let low = rest.popFirst().flatMap(hexadecimalDigit)
        else { return nil }
        bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
}

private func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
