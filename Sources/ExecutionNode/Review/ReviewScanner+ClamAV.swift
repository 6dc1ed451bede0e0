import Fields
import MarketCore
import Sandbox

/// ClamAV knows viruses by their signatures, which the profile mounts at `/opt/clamav`.
///
/// Source: clamscan(1).
extension ReviewScanner {
    /// Archives that it cannot look into, and files that it gives up on, are findings. Of a file in an archive it reads the
    /// first 64 MiB.
    static let clamav = ReviewScanner(
        name: "clamav",
        command: [
            "clamscan", "--recursive", "--infected", "--database=/opt/clamav", "--max-filesize=64M",
            "--max-scansize=128M",
            "--max-scantime=60000", "--alert-exceeds-max=yes", "--alert-encrypted=yes", "/skill",
        ]
    ) { outcome in
        let lines = String(decoding: outcome.standardOutput, as: UTF8.self).split(whereSeparator: \.isNewline)
        func summary(_ key: String) -> Substring? {
            lines.last { $0.hasPrefix(key + ": ") }?.dropFirst(key.count + 2)
        }
        guard let signatures = summary("Known viruses").flatMap({ Int($0) }), signatures > 0,
            let files = summary("Scanned files"), let engine = summary("Engine version")
        else { return nil }
        let findings = PackageReview.sorted(lines.compactMap(finding))
        return Reading(
            findings: Array(findings.prefix(findingsMax)),
            detail: displayed(
                "\(findings.count) findings in \(files) files, by \(signatures) signatures and engine \(engine)"))
    }

    /// Of a line such as `/skill/x.zip: Eicar-Test-Signature FOUND`.
    private static func finding(_ line: Substring) -> ReviewFinding? {
        guard line.hasSuffix(" FOUND") else { return nil }
        let (path, signature) = split(line.dropLast(6))
        let isGuess = signature.hasPrefix("Heuristics.")
        return ReviewFinding(
            rule: "clamav:\(displayed(String(signature)))", severity: isGuess ? .high : .critical, file: file(path),
            why: isGuess
                ? "ClamAV cannot look into this file, or finds it built like a virus."
                : "ClamAV knows this file as a virus.",
            fix: isGuess ? "Hand in what it holds as plain files." : "Remove it.")
    }

    /// A path may have a colon in it, a signature has none before a blank.
    private static func split(_ text: Substring) -> (path: Substring, signature: Substring) {
        guard let colon = text.lastIndex(of: ":") else { return (text, "unknown") }
        return (text[..<colon], text[colon...].dropFirst(2))
    }
}
