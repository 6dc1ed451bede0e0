import Foundation
package import Sandbox

/// Takes secret values out of what a program wrote, in the forms in which programs write them: as they are, in Base64
/// (also within longer text that was encoded whole), percent-encoded, and escaped as in JSON.
package struct SecretRedaction: Sendable {
    /// Shorter values stand in every text by chance.
    private static let bytesMin = 4
    private static let mark = Array("[secret]".utf8)

    private let needles: [[UInt8]]

    package init(_ values: some Sequence<String>) {
        let values = values.map { Array($0.utf8) }.filter { $0.count >= Self.bytesMin }
        needles = Set(values.flatMap(Self.forms)).filter { $0.count >= Self.bytesMin }
    }

    package func apply(_ text: String) -> String {
        needles.isEmpty ? text : String(decoding: apply(Array(text.utf8)), as: UTF8.self)
    }

    /// In time that grows with the text and the number of forms, whatever both are: a seller chooses them.
    /// - Parameter cut: something followed that is not there; a secret's beginning that ends a line goes as well.
    package func apply(_ bytes: [UInt8], cut: Bool = false) -> [UInt8] {
        guard !needles.isEmpty, bytes.count >= Self.bytesMin else { return bytes }
        var found = [Int](repeating: 0, count: bytes.count)
        for needle in needles where cut || needle.count <= bytes.count { Self.find(needle, in: bytes, cut, &found) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard found[index] > 0 else {
                result.append(bytes[index])
                index += 1
                continue
            }
            // With all that overlaps it.
            var end = index + found[index]
            while index < end {
                end = max(end, index + found[index])
                index += 1
            }
            result += Self.mark
        }
        return result
    }

    package func apply(_ outcome: RunOutcome) -> RunOutcome {
        guard !needles.isEmpty else { return outcome }
        var outcome = outcome
        outcome.standardError = apply(outcome.standardError, cut: outcome.standardErrorTruncated)
        outcome.verdict = apply(outcome.verdict)
        return outcome
    }

    package func apply(_ verdict: Verdict) -> Verdict {
        guard !needles.isEmpty else { return verdict }
        var verdict = verdict
        verdict.detail = apply(verdict.detail)
        return verdict
    }

    /// Notes where `needle` begins and how long it is there, by the algorithm of Knuth, Morris and Pratt.
    private static func find(_ needle: [UInt8], in text: [UInt8], _ cut: Bool, _ found: inout [Int]) {
        // How long a beginning of the needle also ends its first so many bytes.
        var borders = [0]
        borders.reserveCapacity(needle.count)
        var matched = 0
        func advance(_ byte: UInt8) {
            while matched > 0, matched == needle.count || needle[matched] != byte { matched = borders[matched - 1] }
            if needle[matched] == byte { matched += 1 }
        }
        for byte in needle.dropFirst() {
            advance(byte)
            borders.append(matched)
        }
        matched = 0
        func note(end: Int) { found[end - matched] = max(found[end - matched], matched) }
        for (index, byte) in text.enumerated() {
            if cut, byte == UInt8(ascii: "\n"), matched >= bytesMin { note(end: index) }
            advance(byte)
            if matched == needle.count { note(end: index + 1) }
        }
        if cut, matched >= bytesMin { note(end: text.count) }
    }

    private static func forms(_ value: [UInt8]) -> [[UInt8]] {
        var forms = [value]
        // Within a longer text it begins at one of three places of a group. Digits that it shares with what comes before
        // do not count; the last one is its own only where nothing follows.
        for offset in 0..<3 {
            let padded = [UInt8](repeating: 0, count: offset) + value
            let whole = Data(padded).base64EncodedString().utf8.dropFirst((offset * 8 + 5) / 6)
            let own = padded.count * 8 / 6 - (offset * 8 + 5) / 6
            for digits in [Array(whole.prefix { $0 != UInt8(ascii: "=") }), Array(whole.prefix(own))] {
                forms.append(digits)
                forms.append(digits.map { $0 == UInt8(ascii: "+") ? 45 : $0 == UInt8(ascii: "/") ? 95 : $0 })
            }
        }
        for uppercase in [true, false] {
            for plus in [true, false] { forms.append(percentEncoded(value, uppercase: uppercase, plus: plus)) }
        }
        for slashes in [true, false] {
            for ascii in [true, false] { forms.append(escaped(value, slashes: slashes, ascii: ascii)) }
        }
        return forms
    }

    /// The inside of a JSON string (RFC 8259); what libraries may write in two ways is a parameter.
    private static func escaped(_ value: [UInt8], slashes: Bool, ascii: Bool) -> [UInt8] {
        let letters: [UInt32: String] = [0x08: "b", 0x09: "t", 0x0a: "n", 0x0c: "f", 0x0d: "r"]
        var text = ""
        for scalar in String(decoding: value, as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5c: text += "\\\(scalar)"
            case 0x2f where slashes: text += "\\/"
            case let code where letters[code] != nil: text += "\\\(letters[code] ?? "")"
            case let code where code < 0x20 || code > 0x7e && ascii:
                for unit in UTF16.encode(scalar) ?? .init() {
                    let digits = String(unit, radix: 16)
                    text += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)"
                }
            default: text.unicodeScalars.append(scalar)
            }
        }
        return Array(text.utf8)
    }

    /// RFC 3986, or with `plus` as forms do it.
    private static func percentEncoded(_ value: [UInt8], uppercase: Bool, plus: Bool) -> [UInt8] {
        value.flatMap { byte -> [UInt8] in
            let isPlain =
                byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || "-._~".utf8.contains(byte)
            if isPlain { return [byte] }
            if plus, byte == UInt8(ascii: " ") { return [UInt8(ascii: "+")] }
            let digits = String(byte, radix: 16, uppercase: uppercase)
            return Array("%\(digits.count == 1 ? "0" : "")\(digits)".utf8)
        }
    }
}
