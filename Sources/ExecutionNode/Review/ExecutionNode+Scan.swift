import MarketCore
import Sandbox

extension ExecutionNode {
    /// What the scanners say of a package.
    struct Scan {
        var scanners: [ReviewReport.Scanner] = []
        var findings: [ReviewFinding] = []
        var isCut = false

        var words: String {
            scanners.isEmpty ? "none is asked" : scanners.map { "\($0.name): \($0.detail)" }.joined(separator: "; ")
        }

        var state: ReviewReport.StepState {
            if PackageReview.state(of: findings) != .passed { return .failed }
            return scanners.contains(where: \.hasRun) ? .passed : .skipped
        }
    }

    /// Asks each scanner. An installed one that does not come to an end leaves the version to the operator, as one does that
    /// must look and is not there.
    /// - Parameter isAgain: the version has a verdict; only the package may change it, no scanner that is broken.
    /// - Throws: ``NodeError`` 503 `launch_failed` when one could not be run, whatever is in the package.
    func scan(_ directory: String, isAgain: Bool) async throws(NodeError) -> Scan {
        var scan = Scan()
        let named = configuration.scanners
        let profile = profiles.profile(named: ReviewScanner.profile)
        for scanner in ReviewScanner.all where named?.contains(scanner.name) != false {
            let answer = await ask(scanner, directory, profile)
            var held: (rule: String, why: String)?
            switch answer {
            case .found(let found, let isCut, let detail):
                scan.findings += found
                scan.isCut = scan.isCut || isCut
                scan.scanners.append(.init(name: scanner.name, hasRun: true, detail: detail))
            case .missing:
                if named != nil { held = ("missing", "is not on this host") }
                scan.scanners.append(.init(name: scanner.name, hasRun: false, detail: "not on this host"))
            case .failed(let why):
                held = ("failed", "did not come to an end: \(why)")
                scan.scanners.append(.init(name: scanner.name, hasRun: false, detail: why))
            case .notRun(let verdict):
                throw NodeError(
                    status: 503, code: "launch_failed",
                    detail: "The scanner \(scanner.name) could not be run. \(verdict.detail)", retryable: true,
                    fields: verdict.evidence)
            }
            guard let held else { continue }
            if isAgain, await !works(scanner, profile) {
                throw NodeError(
                    status: 503, code: "launch_failed", detail: "The scanner \(scanner.name) \(held.why).",
                    retryable: true)
            }
            scan.findings.append(
                ReviewFinding(
                    rule: "\(scanner.name):\(held.rule)", severity: .high,
                    why: "The scanner \(scanner.name) \(held.why).",
                    fix: "The operator looks at the package in its place."))
        }
        return scan
    }

    /// Whether it comes to an end where there is nothing to look at.
    private func works(_ scanner: ReviewScanner, _ profile: Profile?) async -> Bool {
        if case .found = await ask(scanner, nil, profile) { true } else { false }
    }

    private func ask(
        _ scanner: ReviewScanner, _ directory: String?, _ profile: Profile?
    ) async -> ReviewScanner.Answer {
        guard let profile else { return .missing }
        return await scanner.scan(directory, profile: profile, runner)
    }
}
