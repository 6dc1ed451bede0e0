package import Fields

/// Something in a profile that its author should look at.
package struct LintFinding: Hashable, Sendable {
    package enum Severity: String, Hashable, Sendable {
        /// The profile cannot be used, or gives away what sandboxes are for.
        case error
        case warning
    }

    package let severity: Severity
    /// A stable short name, such as `limits-missing`.
    package let code: String
    package let place: ProfilePlace?
    package let what: String
    /// What can come of it.
    package let risk: String
    package let fix: String

    package init(
        _ severity: Severity, _ code: String, _ place: ProfilePlace?, _ what: String, risk: String, fix: String
    ) {
        self.severity = severity
        self.code = code
        self.place = place
        self.what = what
        self.risk = risk
        self.fix = fix
    }

    /// A profile that cannot be loaded.
    package init(_ error: FieldError) {
        var message = error.path.isEmpty ? error.message : "\(error.path): \(error.message)"
        if let suggestion = error.suggestion { message += "; did you mean \(quoted(suggestion))?" }
        self.init(
            .error, "invalid", error.file.map { ProfilePlace(file: $0, line: error.line) }, message,
            risk: "The daemon does not start with it, and a reload keeps the old profiles.",
            fix: error.suggestion.map { "Write \($0)." } ?? "Correct it as the sentence says.")
    }

    package var json: JSONValue {
        [
            "severity": .string(severity.rawValue), "code": .string(code), "file": .optional(place?.file),
            "line": .optional(place?.line.map(Int64.init)), "what": .string(what), "risk": .string(risk),
            "fix": .string(fix),
        ]
    }
}
