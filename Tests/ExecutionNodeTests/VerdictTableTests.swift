import Foundation
import MarketCore
import Metering
import NodeTestSupport
import Sandbox
import Testing

@testable import ExecutionNode

@Suite("The table of verdicts in docs/api.md")
struct VerdictTableTests {
    private struct Row {
        let kind: Verdict.Kind
        let status: String
        let billed: String
        let node: String
        let client: String
    }

    private func rows() throws -> [Row] {
        let text = try String(contentsOfFile: NodeFixture.repository + "/docs/api.md", encoding: .utf8)
        let head = "| cause | verdict | status | billed | retried by the node | may the client retry |"
        let lines = text.split(separator: "\n").drop { $0 != head }.dropFirst(2).prefix { $0.hasPrefix("|") }
        return try lines.map { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            try #require(cells.count == 6, "\(line)")
            let name = cells[1].trimmingCharacters(in: ["`"])
            return Row(
                kind: try #require(Verdict.Kind(rawValue: name), "\(name) is no verdict"), status: cells[2],
                billed: cells[3], node: cells[4], client: cells[5])
        }
    }

    @Test("says of every verdict what the code does")
    func truth() throws {
        let rows = try rows()
        #expect(Set(rows.map(\.kind)) == Set(Verdict.Kind.allCases))
        for row in rows {
            let verdict = Verdict(kind: row.kind, detail: "")
            let isBilled = { (rule: BillingRule) in
                rule.charge(
                    verdict: row.kind.rawValue, price: Money(base: 1, currency: .usdc), byOwner: false
                ).cost.base > 0
            }
            let all = BillingRule(billedVerdicts: Set(Verdict.Kind.allCases.map(\.rawValue)))
            #expect(row.status == String(verdict.status), "\(row)")
            #expect(row.billed == (isBilled(BillingRule()) ? "yes" : isBilled(all) ? "no" : "never"), "\(row)")
            #expect((row.client == "yes") == verdict.isRetryable, "\(row)")
            #expect(row.client == "yes" || row.client == "no", "\(row)")
            // Causes that last have a row of their own.
            let isLasting = row.kind == .launchFailed && row.node == Retry.never.rawValue
            #expect(row.node == row.kind.retry.rawValue || isLasting, "\(row)")
        }
        #expect(rows.contains { $0.node == Retry.ifNotBegun.rawValue })
    }
}
