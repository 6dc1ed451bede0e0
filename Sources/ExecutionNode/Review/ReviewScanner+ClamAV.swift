import Fields
import MarketCore
import Sandbox

/// ClamAV knows viruses by their signatures, which the profile mounts at `/opt/clamav`.
///
/// Source: clamscan(1).
extension ReviewScanner {
    /// Encrypted archives, and files that it gives up on, are findings. By default it leaves out what lies deeper than 15
    /// directories, which a package may, and looks once at files of the same MD5, which two may have.
    static let clamav = ReviewScanner(
        name: "clamav",
        command: [
            "clamscan", "--infected", "--database=/opt/clamav",
            "--recursive", "--max-dir-recursion=64", "--disable-cache",
            "--max-filesize=64M", "--max-scansize=128M", "--max-scantime=60000", "--alert-exceeds-max=yes",
            "--alert-encrypted=yes", "/skill",
        ]
    ) { outcome in
        let lines = outcome.standardOutput.split(separator: UInt8(ascii: "\n"))
        func summary(_ key: String) -> String? {
            lines.last { $0.starts(with: "\(key): ".utf8) }
                .map { String(decoding: $0.dropFirst(key.utf8.count + 2), as: UTF8.self) }
        }
        guard let signatures = summary("Known viruses").flatMap({ Int($0) }), signatures > 0,
            let files = summary("Scanned files"), let engine = summary("Engine version")
        else { return nil }
        let findings = lines.compactMap(finding)
        return Reading(
            findings: findings,
            detail: displayed(
                "\(findings.count) findings in \(files) files, by \(signatures) signatures and engine \(engine)"))
    }

    /// Of a line such as `/skill/x.zip: Eicar-Test-Signature FOUND`. The path is the package's choice, all but a line feed: what is
    /// ClamAV's begins after the last colon, and bytes are compared, which nothing in a path joins with what follows.
    private static func finding(_ line: ArraySlice<UInt8>) -> ReviewFinding? {
        let end = Array(" FOUND".utf8)
        guard line.suffix(end.count).elementsEqual(end), let colon = line.lastIndex(of: UInt8(ascii: ":")) else {
            return nil
        }
        let path = String(decoding: line[..<colon], as: UTF8.self)
        let signature = String(decoding: line[colon...].dropFirst(2).dropLast(end.count), as: UTF8.self)
        let isGuess = signature.hasPrefix("Heuristics.")
        return ReviewFinding(
            rule: "clamav:\(displayed(signature))", severity: isGuess ? .high : .critical, file: file(path),
            why: isGuess
                ? "ClamAV cannot look into this file, or finds it built like a virus."
                : "ClamAV knows this file as a virus.",
            fix: isGuess ? "Hand in what it holds as plain files." : "Remove it.")
    }
}
