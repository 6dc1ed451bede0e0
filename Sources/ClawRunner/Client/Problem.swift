import Fields

/// An error of the daemon (RFC 9457), to be told to a person.
struct Problem: Sendable {
    let response: ClientResponse
    /// The skill that was called, as hints name it.
    let skill: String

    init(_ response: ClientResponse, skill: String = "SKILL") {
        self.response = response
        self.skill = skill
    }

    var status: Int { response.status }
    /// The stable short name, such as `purchase_required`.
    var code: String? { response.json["code"]?.string }
    /// The verdict's kind, where a run took place.
    var verdict: String? { response.json["verdict"]?.string ?? response.json["verdict"]?["kind"]?.string }

    /// What happened, as a sentence.
    var sentence: String {
        let text =
            response.json["detail"]?.string ?? response.json["title"]?.string
            ?? "The daemon answered with status \(status) and no explanation"
        return Terminal.harmless(text.hasSuffix(".") ? text : text + ".")
    }

    /// What the caller can do about it, where that is not in the sentence.
    var hint: String? {
        switch (status, code) {
        case (401, _):
            return "Register with `clawrunner agent register NAME`, or pass a key: --as NAME, --key-file FILE or "
                + "CLAWRUNNER_API_KEY."
        case (402, "purchase_required"):
            return "Buy it with `clawrunner market purchase \(skill)`."
        case (402, "insufficient_balance"), (402, "insufficient_funds"):
            return "The operator adds to a balance with `clawrunner market credit AGENT AMOUNT`."
        case (402, "usage_limit_reached"), (402, "license_expired"):
            return "Buy it again with `clawrunner market purchase \(skill)`."
        case (409, _), (429, _), (503, _):
            return response.header("Retry-After").map { "Try again in \($0) s." }
        default: return nil
        }
    }

    /// 2 where what the caller wrote was wrong, 3 where the sandbox could not be built, else 1.
    var exitStatus: CommandStatus {
        if verdict == "launch_failed" || code == "launch_failed" || code == "isolation_unavailable" { return .sandbox }
        // The request was right; the skill is not.
        if code == "skill_test_failed" || code == "skill_rejected" { return .refused }
        return [400, 404, 413, 415, 422].contains(status) ? .usage : .refused
    }

    var failure: CommandFailure {
        CommandFailure(exitStatus, sentence, hint: hint, json: response.json.description)
    }
}
