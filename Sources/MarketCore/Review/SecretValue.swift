import Foundation

/// A quoted value that is given to a name, and that looks as if it were drawn at random.
enum SecretValue {
    private static let lengths = 16...200
    /// Bits for each character; words have about two and a half.
    private static let bitsMin = 3.5

    /// - Parameter place: behind the part of the name that was recognised.
    static func range(in bytes: [UInt8], after place: Int) -> Range<Int>? {
        var index = place
        func skip(_ countMax: Int, while matches: (UInt8) -> Bool) {
            let limit = min(bytes.count, index + countMax)
            while index < limit, matches(bytes[index]) { index += 1 }
        }
        skip(32, while: isNameByte)
        skip(2) { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "]") }
        skip(16) { $0 == 0x20 || $0 == 0x09 }
        let assigned = index
        skip(2) { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }
        guard index > assigned else { return nil }
        skip(16) { $0 == 0x20 || $0 == 0x09 }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "'") else {
            return nil
        }
        let quote = bytes[index]
        index += 1
        let start = index
        skip(lengths.upperBound + 1) { $0 != quote && $0 > 0x20 && $0 < 0x7F }
        guard index < bytes.count, bytes[index] == quote, lengths.contains(index - start) else { return nil }
        return isRandom(bytes[start..<index]) ? start..<index : nil
    }

    private static func isRandom(_ value: ArraySlice<UInt8>) -> Bool {
        guard value.contains(where: { $0 &- UInt8(ascii: "0") < 10 }),
            value.contains(where: { ($0 | 0x20) &- UInt8(ascii: "a") < 26 })
        else { return false }
        // A template, a path, an address or a placeholder.
        guard !value.contains(where: { "${}<>:".utf8.contains($0) }) else { return false }
        let text = String(decoding: value, as: UTF8.self).lowercased()
        guard !["example", "your", "placeholder", "changeme"].contains(where: text.contains) else { return false }
        var counts = [Int](repeating: 0, count: 128)
        for byte in value { counts[Int(byte & 0x7F)] += 1 }
        let total = Double(value.count)
        let bits = counts.filter { $0 > 0 }.reduce(0) { $0 - Double($1) / total * log2(Double($1) / total) }
        return bits >= bitsMin
    }
}

/// Hosts that stand in sources without being called: of names of formats, of licences, of examples.
enum WellKnownHost {
    static func contains(_ host: String) -> Bool {
        names.contains(host) || host.hasPrefix("127.") || host.hasPrefix("schemas.")
            || [
                ".example", ".example.com", ".example.org", ".example.net", ".test", ".invalid", ".localhost", ".local",
            ]
            .contains(where: host.hasSuffix)
    }

    private static let names: Set<String> = [
        "example.com", "example.org", "example.net", "0.0.0.0", "www.w3.org", "w3.org", "schema.org",
        "json-schema.org", "purl.org", "xmlns.com", "spdx.org", "opensource.org", "creativecommons.org",
        "www.apache.org", "apache.org", "www.gnu.org", "docs.python.org", "nodejs.org", "developer.mozilla.org",
        "www.rfc-editor.org", "datatracker.ietf.org", "tools.ietf.org",
    ]
}
