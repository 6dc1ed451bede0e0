/// A version of a skill, by Semantic Versioning 2.0.0.
///
/// The order is semver's precedence; versions that differ only in build metadata are ordered by its text, so that the
/// order is total.
public struct SemanticVersion: Hashable, Sendable {
    public let major: Int64
    public let minor: Int64
    public let patch: Int64
    /// The parts behind the hyphen, such as `["rc", "1"]`; none for a release.
    public let prerelease: [String]
    /// What follows the plus sign.
    public let build: String?

    public init(_ major: Int64, _ minor: Int64, _ patch: Int64) {
        precondition(major >= 0 && minor >= 0 && patch >= 0, "version numbers are never negative")
        self.major = major
        self.minor = minor
        self.patch = patch
        prerelease = []
        build = nil
    }
}

extension SemanticVersion: LosslessStringConvertible {
    public static let bytesMax = 64

    /// Parses `1.2.3`, `1.2.3-rc.1` or `1.2.3-rc.1+build.5`; nil for anything else, and beyond 64 bytes.
    public init?(_ description: String) {
        guard description.utf8.count <= Self.bytesMax else { return nil }
        let withBuild = description.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        let withPrerelease = withBuild[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = withPrerelease[0].split(separator: ".", omittingEmptySubsequences: false)
            .map(Self.number)
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else {
            return nil
        }
        self.major = major
        self.minor = minor
        self.patch = patch
        if withPrerelease.count == 2 {
            let parts = withPrerelease[1].split(separator: ".", omittingEmptySubsequences: false)
            guard parts.allSatisfy({ Self.isIdentifier($0) && (!Self.isNumeric($0) || Self.number($0) != nil) }) else {
                return nil
            }
            prerelease = parts.map(String.init)
        } else {
            prerelease = []
        }
        if withBuild.count == 2 {
            let parts = withBuild[1].split(separator: ".", omittingEmptySubsequences: false)
            guard parts.allSatisfy(Self.isIdentifier) else { return nil }
            build = String(withBuild[1])
        } else {
            build = nil
        }
    }

    public var description: String {
        var text = "\(major).\(minor).\(patch)"
        if !prerelease.isEmpty { text += "-" + prerelease.joined(separator: ".") }
        if let build { text += "+" + build }
        return text
    }

    /// A number of at most 18 digits without leading zeros.
    private static func number(_ text: Substring) -> Int64? {
        guard isNumeric(text), text.utf8.count <= 18, text == "0" || text.utf8.first != UInt8(ascii: "0") else {
            return nil
        }
        return Int64(text)
    }

    fileprivate static func isNumeric(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
    }

    private static func isIdentifier(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

extension SemanticVersion: Comparable {
    public static func < (left: Self, right: Self) -> Bool {
        let numbers = (left.major, left.minor, left.patch)
        let others = (right.major, right.minor, right.patch)
        if numbers != others { return numbers < others }
        if left.prerelease != right.prerelease {
            // A release comes after all of its prereleases.
            if left.prerelease.isEmpty || right.prerelease.isEmpty { return right.prerelease.isEmpty }
            return left.prerelease.lexicographicallyPrecedes(right.prerelease, by: precedes)
        }
        return left.build ?? "" < right.build ?? ""
    }

    /// Numbers by value and before words, words by their ASCII bytes.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        switch (isNumeric(left), isNumeric(right)) {
        case (true, true): (left.utf8.count, left) < (right.utf8.count, right)
        case (true, false): true
        case (false, true): false
        case (false, false): left.utf8.lexicographicallyPrecedes(right.utf8)
        }
    }
}
