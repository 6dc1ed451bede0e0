/// A rule of the static review: what it is called, how much it weighs, why it is there and what to do about it.
public struct ReviewRule: Hashable, Sendable {
    public let id: String
    public let severity: ReviewSeverity
    public let why: String
    public let fix: String

    init(_ id: String, _ severity: ReviewSeverity, _ why: String, fix: String) {
        self.id = id
        self.severity = severity
        self.why = why
        self.fix = fix
    }

    /// Raised whenever a rule is added or changed, so that an operator can have everything looked at again.
    public static let version: Int64 = 2

    public static let all: [ReviewRule] = secrets + hiding + calls + places + files + words

    private static let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })

    static func named(_ id: String) -> ReviewRule {
        guard let rule = byID[id] else { preconditionFailure("there is no rule \(id)") }
        return rule
    }
}
