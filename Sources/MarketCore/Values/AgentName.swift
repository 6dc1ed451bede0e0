/// The rules of an agent's name, which is what others trust: plain letters, and not to be taken for another's.
public enum AgentName {
    public static let bytesMax = 64
    /// For so long the name of a deactivated agent is nobody's: one year.
    public static let reservedMilliseconds: Int64 = 365 * 86_400_000

    /// Names of those who run a market, and words that a reader of an answer may take for something else. Folded.
    private static let reserved: Set<String> = Set(
        [
            "admin", "administrator", "anonymous", "anyone", "api", "audit", "billing", "everyone", "help", "helpdesk",
            "kept", "me", "market", "marketplace", "moderator", "none", "null", "official", "operator",
            "owner",
            "payment", "payments", "platform", "register", "root", "security", "self", "staff", "status", "support",
            "system", "team", "true", "false", "undefined", "verified", "webmaster",
        ].map(folded))
    /// What no name may contain. Folded.
    private static let brands = ["clawos", "clawrunner", "clawhub"].map(folded)

    /// What is wrong with a name that somebody wants to register; nil when nothing is.
    public static func fault(_ name: String) -> String? {
        let bytes = Array(name.utf8)
        guard (1...bytesMax).contains(bytes.count), bytes.allSatisfy({ isLetterOrDigit($0) || isSeparator($0) }),
            let first = bytes.first, let last = bytes.last, isLetterOrDigit(first), isLetterOrDigit(last),
            !zip(bytes, bytes.dropFirst()).contains(where: { isSeparator($0) && isSeparator($1) })
        else {
            return "must be 1 to \(bytesMax) of a-z, A-Z, 0-9 and single blanks, -, _ or . between them"
        }
        // A path takes it for an identifier.
        guard Identifier<Agent>(name) == nil else { return "must not be of the form of an identifier" }
        let folded = folded(name)
        guard !reserved.contains(folded), !brands.contains(where: folded.contains) else {
            return "is reserved, or looks like a name that is; choose another"
        }
        return nil
    }

    /// The same for names that look alike: in either case, with I or 1 for l, 0 for o, rn for m and vv for w, and with or
    /// without separators, but for those between digits. Of names from before there were rules, other letters stay.
    public static func folded(_ name: String) -> String {
        var folded: [UInt8] = []
        var separated = false
        for byte in name.lowercased().utf8 {
            guard !isSeparator(byte) else {
                separated = true
                continue
            }
            if separated, let last = folded.last, isDigit(last), isDigit(byte) { folded.append(UInt8(ascii: "-")) }
            separated = false
            folded.append(byte)
        }
        // Digits first told where separators matter.
        let alike = folded.map { byte in
            switch byte {
            case UInt8(ascii: "1"), UInt8(ascii: "i"), UInt8(ascii: "|"): UInt8(ascii: "l")
            case UInt8(ascii: "0"): UInt8(ascii: "o")
            default: byte
            }
        }
        return String(decoding: alike, as: UTF8.self).replacing("rn", with: "m").replacing("vv", with: "w")
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
