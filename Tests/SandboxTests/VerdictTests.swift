import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

@Suite("The verdict")
struct VerdictTests {
    struct Evidence: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let expected: Verdict.Kind
        var ended = Ended(status: 0, statusKnown: true)
        var output = CapturedOutput()

        init(_ description: String, _ expected: Verdict.Kind, _ change: (inout Evidence) -> Void = { _ in }) {
            testDescription = description
            self.expected = expected
            change(&self)
        }
    }

    static let limits = Limits.standard

    static let cases: [Evidence] = [
        Evidence("exit 0", .ok),
        Evidence("exit 137, which the program itself chose", .failed) { $0.ended.status = 137 << 8 },
        Evidence("SIGKILL without an oom event", .signaled) { $0.ended.status = SIGKILL },
        Evidence("SIGKILL with an oom event", .memoryLimit) {
            $0.ended.status = SIGKILL
            $0.ended.oomKills = 1
        },
        Evidence("exit 0 although a child was killed for memory", .memoryLimit) { $0.ended.oomKills = 1 },
        Evidence("pid 1 killed for memory", .memoryLimit) {
            $0.ended.statusKnown = false
            $0.ended.oomKills = 1
        },
        Evidence("pid 1 killed by nobody we know", .launchFailed) { $0.ended.statusKnown = false },
        Evidence("our wall timer", .timeout) { $0.ended = Ended(killed: .wall) },
        Evidence("our wall timer, and an oom event on the way", .timeout) {
            $0.ended = Ended(killed: .wall)
            $0.ended.oomKills = 1
        },
        Evidence("our cpu timer", .cpuLimit) { $0.ended = Ended(killed: .cpu) },
        Evidence("the kernel's cpu limit", .cpuLimit) { $0.ended.status = SIGXCPU },
        Evidence("SIGKILL, with all its processor time used", .cpuLimit) {
            $0.ended.status = SIGKILL
            $0.ended.cpuMicroseconds = UInt64(limits.cpuMilliseconds) * 1000
        },
        Evidence("the memory event", .memoryLimit) { $0.ended = Ended(killed: .memory) },
        Evidence("a cancelled request", .cancelled) { $0.ended = Ended(killed: .cancelled) },
        Evidence("our output limit", .outputLimit) {
            $0.ended = Ended(killed: .output)
            $0.output.outputCount = limits.outputBytes + 1
        },
        Evidence("too much output in the last write of a program that ended well", .outputLimit) {
            $0.output.outputCount = limits.outputBytes + 1
        },
        Evidence("output up to the limit", .ok) { $0.output.outputCount = limits.outputBytes },
        Evidence("too much standard error", .outputLimit) { $0.output.errorCount = limits.stderrBytes + 1 },
        Evidence("a refused fork, and failure", .pidsLimit) {
            $0.ended.status = 1 << 8
            $0.ended.pidsRefused = 3
        },
        Evidence("a refused fork that the program coped with", .ok) { $0.ended.pidsRefused = 3 },
        Evidence("SIGXFSZ", .fileSizeLimit) { $0.ended.status = SIGXFSZ },
        Evidence("SIGSEGV", .signaled) { $0.ended.status = SIGSEGV },
    ]

    @Test("follows from evidence", arguments: cases)
    func decide(_ evidence: Evidence) {
        let verdict = VerdictDecision.decide(evidence.ended, Self.limits, evidence.output)
        #expect(verdict.kind == evidence.expected)
        #expect(verdict.detail.hasSuffix("."), "a sentence: \(verdict.detail)")
    }
}
