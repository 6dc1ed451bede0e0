import Foundation
package import Sandbox

/// Takes secret values out of what a program wrote, in the forms in which programs write them: as they are, in Base64
/// (also within longer text that was encoded whole), and percent-encoded.
package struct SecretRedaction: Sendable {
    /// Shorter values stand in every text by chance.
    private static let bytesMin = 4
    private static let mark = Array("[secret]".utf8)

    /// Longest first, so that a part never hides the whole.
    private let needles: [[UInt8]]

    package init(_ values: some Sequence<String>) {
        let values = values.map { Array($0.utf8) }.filter { $0.count >= Self.bytesMin }
        let forms = Set(values.flatMap(Self.forms)).filter { $0.count >= Self.bytesMin }
        needles = forms.sorted { $0.count > $1.count }
    }

    package func apply(_ text: String) -> String {
        needles.isEmpty ? text : String(decoding: apply(Array(text.utf8)), as: UTF8.self)
    }

    /// - Parameter cut: something followed that is not there; a secret's beginning that ends a line goes as well.
    package func apply(_ bytes: [UInt8], cut: Bool = false) -> [UInt8] {
        guard !needles.isEmpty else { return bytes }
        let firsts = Set(needles.map { $0[0] })
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if firsts.contains(bytes[index]), let length = match(bytes[index...], cut) {
                result += Self.mark
                index += length
            } else {
                result.append(bytes[index])
                index += 1
            }
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
        return Verdict(
            kind: verdict.kind, detail: apply(verdict.detail), exitCode: verdict.exitCode, signal: verdict.signal,
            syscall: verdict.syscall, layer: verdict.layer, reason: verdict.reason)
    }

    /// How many bytes at the beginning of `rest` are a secret.
    private func match(_ rest: ArraySlice<UInt8>, _ cut: Bool) -> Int? {
        for needle in needles {
            if rest.starts(with: needle) { return needle.count }
            guard cut else { continue }
            let line = rest.prefix(needle.count).prefix { $0 != UInt8(ascii: "\n") }
            if line.count >= Self.bytesMin, needle.starts(with: line) { return line.count }
        }
        return nil
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
        return forms
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
