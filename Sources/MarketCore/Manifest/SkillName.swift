package import Fields

/// The rules of a skill's name: 1 to 64 of a-z, 0-9 and -, with a letter or digit at both ends.
public enum SkillName {
    public static let bytesMax = 64

    public static func isValid(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard let first = bytes.first, let last = bytes.last, bytes.count <= bytesMax else { return false }
        let hyphen = UInt8(ascii: "-")
        return first != hyphen && last != hyphen && bytes.allSatisfy { $0 == hyphen || isLetterOrDigit($0) }
    }

    /// The name that a display name gives, such as `smartemailer-pro` of `SmartEmailer Pro`; nil when nothing of it
    /// can stand in a name.
    public static func slug(of displayName: String) -> String? {
        var slug = ""
        for byte in displayName.lowercased().utf8 {
            if isLetterOrDigit(byte) {
                slug.unicodeScalars.append(UnicodeScalar(byte))
            } else if !slug.isEmpty, !slug.hasSuffix("-") {
                slug += "-"
            }
        }
        slug = String(slug.prefix(bytesMax))
        while slug.hasSuffix("-") { slug.removeLast() }
        return slug.isEmpty ? nil : slug
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte &- UInt8(ascii: "0") < 10
    }
}

extension FieldReader {
    /// A valid name of a skill; the error suggests the nearest one.
    package func skillName(_ key: String) throws(FieldError) -> String {
        let name = try string(key, minBytes: 1, maxBytes: 256)
        guard SkillName.isValid(name) else {
            throw error(
                key, "must be 1 to 64 of a-z, 0-9 and -, with a letter or digit at both ends, not \(quoted(name))",
                suggestion: SkillName.slug(of: name))
        }
        return name
    }

    /// At most 16 tags of a-z, 0-9 and -, none twice.
    package func tags(_ key: String) throws(FieldError) -> [String] {
        let tags = try strings(key, maxCount: 16, maxBytes: 32)
        for (index, tag) in tags.enumerated() {
            guard SkillName.isValid(tag) else {
                throw error("\(key)[\(index)]", "must consist of a-z, 0-9 and -, not \(quoted(tag))")
            }
            guard !tags[..<index].contains(tag) else { throw error("\(key)[\(index)]", "this tag appears twice") }
        }
        return tags
    }
}
