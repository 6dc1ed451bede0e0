import Fields
import Foundation
import MarketCore
import Sandbox

/// A scanner of others that is used where the host has it. It runs in a sandbox, without network: what it reads may be
/// written to break it.
struct ReviewScanner: Sendable {
    let name: String
    /// Where it is looked for.
    let programs: [String]
    let arguments: [String]
    /// A directory that it needs besides; nil when it needs none.
    let data: String?
    /// The findings in its output; nil when that cannot be read.
    let read: @Sendable (RunOutcome) -> [ReviewFinding]?

    static let profile = "scanner"

    static let all = [bandit, clamav]

    /// Nil when the host does not have it.
    var program: String? { programs.first { FileManager.default.isExecutableFile(atPath: $0) } }

    /// Why it cannot be used; nil when it can.
    var obstacle: String? {
        guard program != nil else { return "This host does not have it." }
        guard let data, !PackageFiles.isDirectory(data) else { return nil }
        return "Its data is not in \(data), where a sandbox sees it."
    }

    static func places(_ name: String) -> [String] { ["/usr/local/bin/\(name)", "/usr/bin/\(name)"] }

    // MARK: Bandit

    private static let bandit = ReviewScanner(
        name: "bandit", programs: places("bandit"),
        arguments: ["--quiet", "--recursive", "--format", "json", "--exit-zero", "/skill"], data: nil
    ) { outcome in
        guard outcome.verdict.kind == .ok,
            let json = try? JSONValue(parsing: outcome.standardOutput, limits: JSONLimits(bytesMax: 16 << 20)),
            let results = json["results"]?.array
        else { return nil }
        return results.prefix(100).map { result in
            let isHigh = result["issue_severity"]?.string == "HIGH" && result["issue_confidence"]?.string == "HIGH"
            let file = result["filename"]?.string.map { $0.hasPrefix("/skill/") ? String($0.dropFirst(7)) : $0 }
            return ReviewFinding(
                rule: "bandit:\(displayed(result["test_id"]?.string ?? "unknown"))",
                severity: isHigh ? .medium : result["issue_severity"]?.string == "LOW" ? .info : .low,
                file: file.map { displayed($0, scalarsMax: 200) }, line: result["line_number"]?.int64.map(Int.init),
                why: displayed(result["issue_text"]?.string ?? "Bandit found something.", scalarsMax: 300),
                fix: displayed(result["more_info"]?.string ?? "See the documentation of Bandit.", scalarsMax: 200))
        }
    }

    // MARK: ClamAV

    private static let clamav = ReviewScanner(
        name: "clamav", programs: places("clamscan"),
        arguments: [
            "--recursive", "--infected", "--no-summary", "--max-filesize=64M", "--max-scansize=128M",
            "--database=/usr/local/share/clamav",
            "/skill",
        ], data: "/usr/local/share/clamav"
    ) { outcome in
        // 0 for clean, 1 for infected; clamscan(1).
        guard outcome.verdict.kind == .ok || outcome.verdict.exitCode == 1 else { return nil }
        let lines = String(decoding: outcome.standardOutput, as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.filter { $0.hasSuffix(" FOUND") }.prefix(100).map { line in
            let parts = line.dropLast(6).split(separator: ": ", maxSplits: 1)
            let file = parts[0].hasPrefix("/skill/") ? parts[0].dropFirst(7) : parts[0]
            return ReviewFinding(
                rule: "clamav:" + displayed(parts.count == 2 ? String(parts[1]) : "unknown"), severity: .critical,
                file: displayed(String(file), scalarsMax: 200), why: "A scanner of viruses knows this file.",
                fix: "Remove it.")
        }
    }
}

extension ExecutionNode {
    /// What each scanner says of a package.
    func scan(_ directory: String) async -> (scanners: [ReviewReport.Scanner], findings: [ReviewFinding]) {
        var scanners: [ReviewReport.Scanner] = []
        var findings: [ReviewFinding] = []
        for scanner in ReviewScanner.all {
            guard scanner.obstacle == nil, let program = scanner.program else {
                scanners.append(.init(name: scanner.name, hasRun: false, detail: scanner.obstacle ?? ""))
                continue
            }
            guard let profile = profiles.profile(named: ReviewScanner.profile) else {
                scanners.append(
                    .init(
                        name: scanner.name, hasRun: false, detail: "This node has no profile \(ReviewScanner.profile).")
                )
                continue
            }
            let outcome = await runner.run(
                RunRequest(profile: profile, skillDirectory: directory, arguments: [program] + scanner.arguments))
            if let found = scanner.read(outcome) {
                findings += found
                scanners.append(.init(name: scanner.name, hasRun: true, detail: "\(found.count) findings"))
            } else {
                scanners.append(.init(name: scanner.name, hasRun: false, detail: outcome.verdict.detail))
            }
        }
        return (scanners, findings)
    }
}
