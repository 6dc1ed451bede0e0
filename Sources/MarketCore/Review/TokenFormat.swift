/// How a token of a well-known service looks.
struct TokenFormat: Sendable {
    /// In lower case.
    let prefix: String
    /// As it is written.
    let written: String
    /// How many letters, digits, `_` and `-` follow at least.
    let restMin: Int

    init(_ written: String, _ restMin: Int) {
        self.written = written
        self.restMin = restMin
        prefix = written.lowercased()
    }

    static let all = [
        TokenFormat("AKIA", 16), TokenFormat("ASIA", 16), TokenFormat("ghp_", 36), TokenFormat("gho_", 36),
        TokenFormat("ghs_", 36), TokenFormat("ghu_", 36), TokenFormat("github_pat_", 40), TokenFormat("glpat-", 20),
        TokenFormat("xoxb-", 20), TokenFormat("xoxp-", 20), TokenFormat("xoxa-", 20), TokenFormat("sk_live_", 20),
        TokenFormat("rk_live_", 20), TokenFormat("AIza", 35), TokenFormat("npm_", 36), TokenFormat("pypi-", 60),
        TokenFormat("hf_", 30), TokenFormat("sk-ant-", 40), TokenFormat("sk-proj-", 40), TokenFormat("SG.", 40),
        TokenFormat("claw_live_", 36), TokenFormat("claw_operator_", 36), TokenFormat("dop_v1_", 60),
    ]

    /// The length of the token that begins at `start`; nil when what stands there only begins like one.
    func length(in bytes: [UInt8], at start: Int) -> Int? {
        let prefix = Array(written.utf8)
        guard start + prefix.count <= bytes.count, bytes[start..<start + prefix.count].elementsEqual(prefix) else {
            return nil
        }
        var end = start + prefix.count
        let limit = min(bytes.count, end + 256)
        while end < limit, Self.isTokenByte(bytes[end]) { end += 1 }
        let rest = bytes[(start + prefix.count)..<end]
        // A placeholder has few different characters, or says so.
        guard rest.count >= restMin, Set(rest).count >= 8,
            !String(decoding: rest, as: UTF8.self).lowercased().contains("example")
        else { return nil }
        return end - start
    }

    static func isTokenByte(_ byte: UInt8) -> Bool {
        isNameByte(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }
}

/// Letters, digits and the underscore of ASCII.
func isNameByte(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
}
