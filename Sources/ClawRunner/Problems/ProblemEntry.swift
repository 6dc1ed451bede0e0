/// What a problem's code means, and what to do about it. `docs/errors.md` is made of these; tests hold both against the sources.
struct ProblemEntry: Sendable {
    /// Stable, for programs.
    let code: String
    let statuses: [Int]
    let meaning: String
    let remedy: String
    /// Whether the same request may succeed later without a change.
    let retryable: String
    /// Further members of such a problem.
    let fields: [String]

    /// The code in words, as a problem's title.
    var title: String {
        let words = code.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    init(
        _ code: String, _ statuses: Int..., meaning: String, remedy: String, retryable: String = "no",
        fields: String = ""
    ) {
        self.code = code
        self.statuses = statuses
        self.meaning = meaning
        self.remedy = remedy
        self.retryable = retryable
        self.fields = fields.split(separator: " ").map(String.init)
    }
}
