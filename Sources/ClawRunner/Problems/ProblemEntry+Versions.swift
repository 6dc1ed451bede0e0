extension ProblemEntry {
    /// Of versions, their reviews and sources, and reports of abuse.
    static let ofVersions: [ProblemEntry] = [
        ProblemEntry(
            "own_report", 403, meaning: "The skill is the caller's own.",
            remedy: "Take the version back, or revoke it."),
        ProblemEntry(
            "version_not_found", 404, meaning: "The skill has no such version, or it never passed its review.",
            remedy: "List the versions: GET /api/v1/skills/{skill}/versions.", fields: "latest"),
        ProblemEntry(
            "report_not_found", 404, meaning: "There is no such report on that skill.",
            remedy: "Check the identifier."),
        ProblemEntry(
            "version_pending", 409, meaning: "The version that the call runs is being reviewed.",
            remedy: "Try again when the review is over.", retryable: "yes", fields: "version"),
        ProblemEntry(
            "version_in_review", 409, meaning: "The version that the call runs waits for the operator's decision.",
            remedy: "Call another version, or wait.", fields: "version"),
        ProblemEntry(
            "version_rejected", 409, meaning: "The version that the call runs was rejected.",
            remedy: "Call another version; its owner reads the report and publishes it corrected.", fields: "version"),
        ProblemEntry(
            "report_open", 409, meaning: "A report of the caller on this skill is open.",
            remedy: "Wait for the operator's decision."),
        ProblemEntry(
            "version_revoked", 410, meaning: "The version is forbidden for good, for the reason given.",
            remedy: "Call the latest version.", fields: "version reason"),
        ProblemEntry(
            "version_yanked", 410, meaning: "The latest version was taken back, and there is no other.",
            remedy: "Name the version if you must go on using it.", fields: "version reason"),
        changed("agent"), changed("skill"),
        ProblemEntry(
            "skill_rejected", 422, meaning: "The review of the version found something critical.",
            remedy: "Correct what findings say; clawrunner skill review finds it beforehand.", fields: "findings"),
        ProblemEntry(
            "text_refused", 422, meaning: "A new name or description would not pass a review.",
            remedy: "Describe what the skill does, and nothing else.", fields: "findings"),
        ProblemEntry(
            "version_bump_too_small", 422,
            meaning: "The version breaks programs that call the latest, and its number does not say so.",
            remedy: "Raise the major number, before 1.0.0 the minor one, or take the changes back.",
            fields: "latest changes"),
        ProblemEntry(
            "repository_unusable", 422, meaning: "The git repository could not be fetched.",
            remedy: "Check URL and ref; stderr is what git said.", fields: "stderr"),
        ProblemEntry(
            "too_many_reviews", 429, meaning: "As many versions of the agent as may wait for their review do so.",
            remedy: "Publish the next when one is through.", retryable: "yes"),
        ProblemEntry(
            "too_many_reports", 429, meaning: "As many reports of the agent as may be open are open.",
            remedy: "Wait until the operator has decided.", retryable: "yes"),
        ProblemEntry(
            "sources_unavailable", 503, meaning: "This node cannot start git, or has no profile for it.",
            remedy: "Upload a package.", retryable: "where git could not be started"),
    ]

    private static func changed(_ kind: String) -> ProblemEntry {
        ProblemEntry(
            "\(kind)_changed", 412, meaning: "The \(kind) was changed since the tag in If-Match was given.",
            remedy: "Read its page again, and send the change with the new ETag if you still want it.")
    }
}
