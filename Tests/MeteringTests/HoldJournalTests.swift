import Foundation
import MarketCore
import Testing

@testable import Metering

@Suite("Hold journal")
struct HoldJournalTests {
    private func reopened(_ path: String) throws -> HoldJournal.Leftover {
        try HoldJournal(path: path).leftover
    }

    @Test("what was opened and neither settled nor voided is found by the next process, whole")
    func leftover() throws {
        let path = Samples.temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let holds = [
            try Samples.hold(key: "\"quoted key\"".replacingOccurrences(of: " ", with: "-")),
            try Samples.hold(purchase: nil, endpoint: "/with \"quotes\"\nand newline ✓"), try Samples.hold(),
        ]
        do {
            let journal = try HoldJournal(path: path)
            #expect(journal.leftover.holds.isEmpty)
            for hold in holds { try journal.open(hold) }
            journal.void(holds[2].id)
            #expect(journal.openCount == 2)
        }
        let leftover = try reopened(path)
        #expect(leftover.holds == Array(holds[..<2]))
        #expect(leftover.damagedLines == 0)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("a settled hold stays found until the file is rewritten: the usage record decides")
    func settled() throws {
        let path = Samples.temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let hold = try Samples.hold()
        do {
            let journal = try HoldJournal(path: path)
            try journal.open(hold)
            journal.close(hold.id)
            journal.close(hold.id)
        }
        #expect(try reopened(path).holds == [hold])
    }

    @Test("a tail that is torn anywhere costs that one line and nothing else")
    func tornTail() throws {
        let path = Samples.temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let first = try Samples.hold(key: "k")
        let second = try Samples.hold()
        let whole = JournalLine.hold(first).bytes
        let torn = JournalLine.hold(second).bytes
        for length in stride(from: 1, to: torn.count - 1, by: 11) {
            try Data(whole + torn.prefix(length)).write(to: URL(fileURLWithPath: path))
            let journal = try HoldJournal(path: path)
            #expect(journal.leftover.holds == [first])
            #expect(journal.leftover.damagedLines == 1)
            #expect(journal.leftover.keptAs == nil, "a crash cut it short; that is no damage")
            // The next hold is not swallowed by the tail.
            try journal.open(second)
            #expect(Set(try reopened(path).holds.map(\.id)) == [first.id, second.id])
        }
    }

    @Test("damage in the middle, blocks of NUL and foreign text cost only their own lines")
    func damage() throws {
        let path = Samples.temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let holds = [try Samples.hold(), try Samples.hold(), try Samples.hold()]
        var lines = holds.map { JournalLine.hold($0).bytes }
        lines[1][40] ^= 1
        let noise = Array("\n\nnot a line\n00000000 {}\n".utf8) + [UInt8](repeating: 0, count: 512) + Array("\n".utf8)
        try Data(lines[0] + lines[1] + noise + lines[2]).write(to: URL(fileURLWithPath: path))
        let content = try Data(contentsOf: URL(fileURLWithPath: path))
        let leftover = try reopened(path)
        #expect(leftover.holds == [holds[0], holds[2]])
        #expect(leftover.damagedLines == 4)
        // Whoever looks into it later finds the file as it was.
        let kept = try #require(leftover.keptAs)
        defer { try? FileManager.default.removeItem(atPath: kept) }
        #expect(kept.hasPrefix(path + ".damaged-"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: kept)) == content)
        #expect(try reopened(path).keptAs == nil)
    }

    @Test("the file does not grow with the number of calls")
    func rewriting() throws {
        let path = Samples.temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let journal = try HoldJournal(path: path, rewriteBytes: 4_096)
        let open = try Samples.hold()
        try journal.open(open)
        for index in 0..<500 {
            let hold = try Samples.hold()
            try journal.open(hold)
            if index.isMultiple(of: 2) { journal.close(hold.id) } else { journal.void(hold.id) }
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
            #expect(size < 8_192)
        }
        #expect(journal.openCount == 1)
        #expect(try reopened(path).holds.contains(open))
    }

    @Test("many threads write whole lines")
    func concurrent() async throws {
        let path = Samples.temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let journal = try HoldJournal(path: path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<32 {
                group.addTask {
                    for _ in 0..<20 { try journal.open(try Samples.hold()) }
                }
            }
            try await group.waitForAll()
        }
        let leftover = try reopened(path)
        #expect(leftover.holds.count == 640)
        #expect(leftover.damagedLines == 0)
    }

    @Test("a path that cannot be written is an error with a sentence")
    func unwritable() {
        #expect {
            try HoldJournal(path: "/nonexistent-directory/holds.journal")
        } throws: { error in
            (error as? JournalError)?.operation == "open" && "\(error)".contains("/nonexistent-directory")
        }
    }

    @Test("holds after a rewrite go to the file that has the path")
    func openAfterRewriting() throws {
        let path = Samples.temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let journal = try HoldJournal(path: path, rewriteBytes: 1)
        for _ in 0..<3 {
            let settled = try Samples.hold()
            try journal.open(settled)
            journal.close(settled.id)
            let open = try Samples.hold()
            try journal.open(open)
            let written = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
            #expect(written.contains(open.id.description))
            #expect(!written.contains(settled.id.description))
            journal.void(open.id)
        }
        #expect(!FileManager.default.fileExists(atPath: path + ".new"))
    }

    @Test("a rewrite that fails leaves no draft, and the journal goes on as it was")
    func failedRewrite() throws {
        let path = Samples.temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let journal = try HoldJournal(path: path, rewriteBytes: 1)
        let hold = try Samples.hold()
        try journal.open(hold)
        // No file can take the place of a directory.
        try FileManager.default.moveItem(atPath: path, toPath: path + ".aside")
        defer { try? FileManager.default.removeItem(atPath: path + ".aside") }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        journal.close(hold.id)
        #expect(!FileManager.default.fileExists(atPath: path + ".new"))
        let next = try Samples.hold()
        try journal.open(next)
        #expect(try reopened(path + ".aside").holds.map(\.id) == [hold.id, next.id])
    }

    @Test("what a former process left is dropped from memory, not from the file")
    func dropped() throws {
        let path = Samples.temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let hold = try Samples.hold()
        try HoldJournal(path: path).open(hold)
        let journal = try HoldJournal(path: path)
        #expect(journal.leftover.holds == [hold])
        journal.dropLeftover()
        #expect(journal.leftover.holds.isEmpty)
        #expect(journal.openCount == 1)
        #expect(try reopened(path).holds == [hold])
    }
}
