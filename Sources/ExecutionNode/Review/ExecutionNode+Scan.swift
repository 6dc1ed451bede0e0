import MarketCore
import Sandbox

extension ExecutionNode {
    /// What each scanner says of a package. An installed one that does not come to an end leaves the version to the
    /// operator, as one does that must look and is not there.
    /// - Throws: ``NodeError`` 503 `launch_failed` when one could not be run, whatever is in the package.
    func scan(
        _ directory: String
    ) async throws(NodeError) -> (scanners: [ReviewReport.Scanner], findings: [ReviewFinding]) {
        var scanners: [ReviewReport.Scanner] = []
        var findings: [ReviewFinding] = []
        let named = configuration.scanners
        for scanner in ReviewScanner.all where named?.contains(scanner.name) != false {
            let answer =
                if let profile = profiles.profile(named: ReviewScanner.profile) {
                    await scanner.scan(directory, profile: profile, runner)
                } else {
                    ReviewScanner.Answer.missing
                }
            switch answer {
            case .found(let found, let detail):
                findings += found
                scanners.append(.init(name: scanner.name, hasRun: true, detail: detail))
            case .missing:
                if named != nil { findings.append(Self.held(scanner, "missing", "is not on this host")) }
                scanners.append(.init(name: scanner.name, hasRun: false, detail: "not on this host"))
            case .failed(let why):
                findings.append(Self.held(scanner, "failed", "did not come to an end: \(why)"))
                scanners.append(.init(name: scanner.name, hasRun: false, detail: why))
            case .notRun(let verdict):
                throw NodeError(
                    status: 503, code: "launch_failed",
                    detail: "The scanner \(scanner.name) could not be run. \(verdict.detail)", retryable: true,
                    fields: verdict.evidence)
            }
        }
        return (scanners, findings)
    }

    private static func held(_ scanner: ReviewScanner, _ rule: String, _ why: String) -> ReviewFinding {
        ReviewFinding(
            rule: "\(scanner.name):\(rule)", severity: .high, why: "The scanner \(scanner.name) \(why).",
            fix: "The operator looks at the package in its place.")
    }
}
