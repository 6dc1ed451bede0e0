import Fields
import Foundation
import NodeTestSupport
import Sandbox
import Testing

@testable import ClawRunner

@Suite("Problems and their pages")
struct ProblemTests {
    private static func sources() throws -> [String] {
        let root = URL(filePath: NodeFixture.repository + "/Sources")
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        return try (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
            .filter { !$0.path.contains("/Problems/") }
            .map { try String(contentsOf: $0, encoding: .utf8) }
    }

    private static func codes() throws -> Set<String> {
        var codes = Set(Verdict.Kind.allCases.map(\.rawValue)).subtracting(["ok"])
        // Of names only those of agents and skills are unique by themselves.
        codes.insert("name_taken")
        for text in try sources() {
            for match in text.matches(of: #/[ .(]code(?:: (?!String)|:\n| = (?!try))([^,;)]*)/#) {
                for literal in String(match.output.1).matches(of: #/"([a-z0-9_]+)"/#) {
                    codes.insert(String(literal.output.1))
                }
            }
            // Codes that are put together from a kind, such as of `notFound("skill", …)`.
            let kinds = text.matches(of: #/(?:notFound|\.missing)\("([a-z_]+)"/#)
            codes.formUnion(kinds.map { "\($0.output.1)_not_found" })
            codes.formUnion(text.matches(of: #/\.stale\("([a-z_]+)"/#).map { "\($0.output.1)_changed" })
            // Whole switches whose cases are codes.
            for name in ["var code: String", "let code ="] {
                guard let start = text.range(of: name) else { continue }
                for literal in text[start.upperBound...].prefix(1500).matches(of: #/: "([a-z0-9]+(?:_[a-z0-9]+)+)"\n/#)
                {
                    codes.insert(String(literal.output.1))
                }
            }
        }
        // What reads a problem names the member itself.
        codes.remove("code")
        return codes
    }

    @Test("every code that the sources answer has a page, and every page is of such a code")
    func complete() throws {
        let codes = try Self.codes()
        let pages = Set(ProblemEntry.all.map(\.code))
        #expect(codes.subtracting(pages).sorted() == [], "these have no page in ProblemEntry")
        #expect(pages.subtracting(codes).sorted() == [], "nothing answers these")
        #expect(pages.count == ProblemEntry.all.count, "a code stands twice")
    }

    @Test("docs/errors.md is what the entries say; CLAWRUNNER_WRITE_DOCS=1 writes it")
    func document() throws {
        let path = NodeFixture.repository + "/docs/errors.md"
        if ProcessInfo.processInfo.environment["CLAWRUNNER_WRITE_DOCS"] == "1" {
            try ProblemPage.text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == ProblemPage.text)
    }
}
