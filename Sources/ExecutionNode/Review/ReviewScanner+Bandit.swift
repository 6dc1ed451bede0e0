import Fields
import Foundation
import MarketCore
import Sandbox

/// Bandit looks at what is named `*.py`; what it says are hints. Versions 1.6 to 1.9 have what is used here.
///
/// Source: `bandit --help`, bandit/cli/main.py.
extension ReviewScanner {
    /// By default it obeys `# nosec` in the code and a file `.bandit` beside it, and leaves out `__pycache__`, `.git` and the
    /// like.
    static let bandit = ReviewScanner(
        name: "bandit",
        command: [
            "bandit", "--quiet", "--recursive", "--format", "json", "--ignore-nosec", "--ini", "/dev/null", "--exclude",
            "", "/skill",
        ]
    ) { outcome in
        guard let json = try? JSONValue(parsing: outcome.standardOutput, limits: JSONLimits(bytesMax: 16 << 20)),
            let results = json["results"]?.array, let errors = json["errors"]?.array,
            let metrics = json["metrics"]?.object
        else { return nil }
        var findings = results.map(finding)
        findings += errors.map { unread($0["filename"]?.string.map(file), $0["reason"]?.string ?? "unknown") }
        if String(decoding: outcome.standardError, as: UTF8.self).contains("Bandit internal error") {
            findings.append(unread(nil, "a rule of its own failed"))
        }
        // One of the metrics is the sum of all files.
        let files = metrics.keys.count { $0 != "_totals" }
        return Reading(findings: findings, detail: "\(findings.count) findings in \(files) files")
    }

    private static func finding(_ result: JSONValue) -> ReviewFinding {
        let file = result["filename"]?.string.map(file)
        let rule = displayed(result["test_id"]?.string ?? "unknown")
        let severity: ReviewSeverity =
            switch (result["issue_severity"]?.string, result["issue_confidence"]?.string) {
            case ("HIGH", "HIGH"): .medium
            case ("LOW", _): .info
            default: .low
            }
        return ReviewFinding(
            rule: "bandit:\(rule)", severity: lowered(severity, file), file: file,
            line: result["line_number"]?.int64.map(Int.init),
            why: why(rule, result["issue_text"]?.string ?? "Bandit found something."),
            fix: displayed(result["more_info"]?.string ?? "See the documentation of Bandit.", scalarsMax: 200))
    }

    /// The texts of the rules on passwords, and of the one on modes of files, show what the code has.
    private static func why(_ rule: String, _ text: String) -> String {
        let shown: String =
            switch rule {
            case "B105", "B106", "B107": text.prefix { $0 != ":" } + "."
            case "B103": text.components(separatedBy: " on file")[0] + "."
            default: text
            }
        return displayed(shown, scalarsMax: 300)
    }

    /// A file that it could not look at: not Python, or written against it.
    private static func unread(_ file: String?, _ reason: String) -> ReviewFinding {
        ReviewFinding(
            rule: "bandit:unread", severity: lowered(.medium, file), file: file,
            why:
                "Bandit cannot look at \(file == nil ? "some of it" : "this file"): \(displayed(reason, scalarsMax: 200)).",
            fix: "Write Python that Bandit understands.")
    }

    /// What stands in a library that the package carries was written by others.
    private static func lowered(_ severity: ReviewSeverity, _ file: String?) -> ReviewSeverity {
        guard let file, PackageReview.isVendored(file) else { return severity }
        return severity == .medium ? .low : .info
    }
}
