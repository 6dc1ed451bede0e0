import Fields
package import MarketCore
package import Sandbox

/// A scanner of others. It runs in a sandbox, without network: what it reads may be written to break it.
///
/// What it is given is hostile, so nothing in a package may tell it what to leave out; and one that does not come to an
/// end of its own has not said that a package is harmless.
package struct ReviewScanner: Sendable {
    package let name: String
    /// The program, which is looked for on the profile's PATH as its sandbox sees it and never in the package, and its
    /// arguments.
    let command: [String]
    /// Nil when the output cannot be read.
    let read: @Sendable (RunOutcome) -> Reading?

    /// What a scanner says of a package.
    struct Reading {
        let findings: [ReviewFinding]
        /// What it looked at, in words.
        let detail: String
    }

    package enum Answer: Sendable {
        /// The heaviest, at most ``findingsMax``.
        case found([ReviewFinding], isCut: Bool, detail: String)
        /// The profile's PATH does not have it.
        case missing
        /// It ended otherwise than by itself, or said what cannot be read.
        case failed(String)
        /// No sandbox could be built for it, or the daemon stops.
        case notRun(Verdict)
    }

    package static let all = [bandit, clamav]
    package static let profile = "scanner"

    static let findingsMax = 100

    /// - Parameter directory: of the package; nil looks at nothing, for who wants to know whether it works.
    package func scan(_ directory: String?, profile: Profile, _ runner: some SkillRunner) async -> Answer {
        let outcome = await runner.run(
            RunRequest(profile: profile, skillDirectory: directory, arguments: command))
        let verdict = outcome.verdict
        if verdict.reason == "entry_point_missing" { return .missing }
        // Trying again helps against what passes, not against a scanner that is set up wrongly.
        if verdict.isRetryable {
            return verdict.retry == .never && verdict.kind == .launchFailed ? .failed(verdict.detail) : .notRun(verdict)
        }
        // Of both, 1 says that there are findings.
        guard verdict.kind == .ok || (verdict.kind == .failed && verdict.exitCode == 1), let reading = read(outcome)
        else { return .failed(Self.ending(outcome)) }
        let heaviest = PackageReview.sorted(reading.findings)
        return .found(
            Array(heaviest.prefix(Self.findingsMax)), isCut: heaviest.count > Self.findingsMax, detail: reading.detail)
    }

    private static func ending(_ outcome: RunOutcome) -> String {
        guard let status = outcome.verdict.exitCode else { return outcome.verdict.kind.rawValue }
        let lines = String(decoding: outcome.standardError, as: UTF8.self).split(whereSeparator: \.isNewline)
        let words = ["exit status \(status)"] + lines.suffix(2).map { displayed(String($0), scalarsMax: 200) }
        return words.joined(separator: "; ")
    }

    /// The path in the package of a file that a scanner names.
    static func file(_ path: String) -> String {
        let root = "/skill/".utf8
        let bytes = path.utf8.starts(with: root) ? path.utf8.dropFirst(root.count) : path.utf8[...]
        return displayed(String(decoding: bytes, as: UTF8.self), scalarsMax: 200)
    }
}
