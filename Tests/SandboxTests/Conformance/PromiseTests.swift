import Foundation
import Testing

/// docs/threat-model.md and this folder say the same: every promise has a test, every test keeps a promise.
@Suite("The threat model")
struct PromiseTests {
    /// Id → sentence, from the tables of the section on promises.
    static func document() throws -> [String: String] {
        let text = try String(contentsOfFile: Harness.package + "/docs/threat-model.md", encoding: .utf8)
        var promises: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 4, let match = cells[1].wholeMatch(of: /`([A-Za-z0-9-]+\.[A-Za-z0-9.-]+)`/) else {
                continue
            }
            let id = String(match.output.1)
            #expect(promises[id] == nil, "\(id) stands twice")
            promises[id] = cells[2]
        }
        return promises
    }

    /// Ids of single tests, from the sources of this folder; every `@Test` has one or is about rows that have.
    static func singleTests() throws -> [String] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
        var ids: [String] = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        where file.hasSuffix("Tests.swift") && file != "PromiseTests.swift" {
            let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
            for test in text.components(separatedBy: "@Test(").dropFirst() {
                let header = test.components(separatedBy: "func ")[0]
                let found = header.matches(of: /\.promise\("([^"]+)"\)/).map { String($0.output.1) }
                let rows =
                    header.contains("arguments: Attempts.all") || header.contains("arguments: proofs")
                    || header.contains("arguments: attempts")
                #expect(found.count == 1 || rows && found.isEmpty, "\(file): which promise? \(header.prefix(80))")
                ids += found
            }
        }
        return ids
    }

    static let here = FileManager.default.fileExists(atPath: Harness.package + "/docs/threat-model.md")

    @Test("and the conformance tests match, one line for each test", .enabled(if: here, "the sources are not here"))
    func match() throws {
        let promises = try Self.document()
        let rows = (Attempts.all + NetworkTests.attempts).map(\.id) + LayerTests.proofs.map(\.id)
        let ids = rows + (try Self.singleTests())
        for id in Set(ids) { #expect(ids.count { $0 == id } == 1, "\(id) is used twice") }
        #expect(Set(promises.keys).subtracting(ids).sorted() == [], "promises without a test")
        #expect(Set(ids).subtracting(promises.keys).sorted() == [], "tests without a promise")
        for (id, what) in (Attempts.all + NetworkTests.attempts).map({ ($0.id, $0.what) })
            + LayerTests.proofs.map({ ($0.id, $0.promise) })
        {
            #expect(promises[id] == what, "\(id)")
        }
    }
}
