public import Fields

/// How much something that a review found weighs.
public enum ReviewSeverity: String, Hashable, Sendable, CaseIterable, Comparable {
    /// For who reads the report; costs nothing.
    case info
    case low
    case medium
    /// An operator decides.
    case high
    /// The version is rejected.
    case critical

    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// One thing that a review found.
public struct ReviewFinding: Hashable, Sendable {
    /// Of ``ReviewRule``, or a scanner's name, a colon and its own rule.
    public let rule: String
    public let severity: ReviewSeverity
    /// Nil when it is about the whole package.
    public let file: String?
    public let line: Int?
    /// At most 160 characters, nothing in it that does not print, secrets cut.
    public let excerpt: String?
    /// What is wrong, as a sentence.
    public let why: String
    public let fix: String

    public init(
        rule: String, severity: ReviewSeverity, file: String? = nil, line: Int? = nil, excerpt: String? = nil,
        why: String, fix: String
    ) {
        self.rule = rule
        self.severity = severity
        self.file = file
        self.line = line
        self.excerpt = excerpt
        self.why = why
        self.fix = fix
    }

    public var json: JSONValue {
        [
            "rule": .string(rule), "severity": .string(severity.rawValue), "file": .optional(file),
            "line": .optional(line.map(Int64.init)), "excerpt": .optional(excerpt), "why": .string(why),
            "fix": .string(fix),
        ]
    }
}
