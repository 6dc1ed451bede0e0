/// `docs/errors.md`: the codes as a page.
enum ProblemPage {
    static var text: String {
        var page = """
            # Errors

            Every error is a problem (RFC 9457): `application/problem+json` with `type`, `title`, `status`, `detail`, `instance`, `code`
            and `retryable`. `code` is for programs and stays; `detail` is a sentence about this occurrence; `instance` names the request,
            or the execution of a run that took place. `type` is the path of a page of the daemon that explains the code:

            ```sh
            curl -sS --unix-socket /tmp/claw/clawrunner.sock http://localhost/problems/payload_invalid
            ```

            `retryable` says whether the same request may succeed later without a change; where an answer has `Retry-After`, that is when.
            Some codes have further fields, in the last column.

            | code | status | meaning | what to do | retryable | further fields |
            |---|---|---|---|---|---|

            """
        for entry in ProblemEntry.all {
            let cells = [
                "`\(entry.code)`", entry.statuses.map(String.init).joined(separator: ", "), entry.meaning, entry.remedy,
                entry.retryable, entry.fields.map { "`\($0)`" }.joined(separator: ", "),
            ]
            page += "| " + cells.joined(separator: " | ") + " |\n"
        }
        page += """

            A code that is a verdict's name is of a run that took place; [verdicts](api.md#verdicts) says more of those.

            """
        return page
    }
}
