import Fields
import Foundation
import NodeTestSupport
import Testing

@Suite("Command line: purchases, budgets, sums and exports", .timeLimit(.minutes(2)))
struct CLICommerceTests {
    @Test("a subscription is bought, cancelled, resumed and refunded; a budget bounds what is spent")
    func story() async throws {
        try await CLIProcess.withDaemon("") { cli in
            try await cli.succeed(["agent", "register", "seller"])
            try await cli.succeed(["agent", "register", "buyer"])
            let names = [
                ("monthly", "subscription", "interval = \"monthly\""), ("counted", "usage", "unit = \"call\""),
            ]
            for (name, type, key) in names {
                let manifest = NodeFixture.manifest(
                    name: name, pricing: "type = \"\(type)\"\nprice = \"0.5\"\n\(key)"
                ).replacing(
                    "entryPoint = [\"cat\"]", with: "entryPoint = [\"sh\", \"-c\", \"cat > /dev/null; echo '{}'\"]")
                try cli.write(manifest, to: "\(name)/skill.toml")
                try await cli.succeed(["skill", "publish", cli.path(name), "--as", "seller"])
            }
            try await cli.succeed(["market", "credit", "buyer", "10", "--reference", "r"])
            let bought = try await cli.succeed(["market", "purchase", "monthly", "--as", "buyer", "--json"])
            let id = try #require(bought.json?["purchase"]?["id"]?.string)
            #expect(try await cli.succeed(["purchase", "list", "--as", "buyer"]).standardOutput.contains(id))
            #expect(
                try await cli.succeed(["purchase", "list", "--sold", "--as", "seller"]).standardOutput.contains(
                    "monthly"))
            #expect(
                try await cli.succeed(["purchase", "cancel", id, "--as", "buyer"]).standardOutput.contains(
                    "it ends then"))
            #expect(
                try await cli.succeed(["purchase", "resume", id, "--as", "buyer"]).standardOutput.contains(
                    "renewed then"))

            let counted = try await cli.succeed([
                "market", "purchase", "counted", "--usage-limit", "1", "--as", "buyer", "--json",
            ])
            let countedID = try #require(counted.json?["purchase"]?["id"]?.string)
            let upgraded = try await cli.succeed([
                "purchase", "upgrade", countedID, "--license", "commercial", "--usage-limit", "50", "--as", "buyer",
            ])
            #expect(
                upgraded.standardOutput.contains("A commercial licence")
                    && upgraded.standardOutput.contains("of at most 50"), "\(upgraded.standardOutput)")
            #expect(
                try await cli.succeed(["purchase", "show", countedID, "--as", "buyer"]).standardOutput.contains(
                    "from personal with at most 1 runs to commercial with at most 50 runs"))
            try await cli.succeed(["budget", "set", "day", "1.2", "--as", "buyer"])
            let call = ["exec", "counted", "--endpoint", "/echo", "--as", "buyer"]
            try await cli.succeed(call)
            let refused = try await cli.run(call)
            #expect(
                refused.status == 1 && refused.standardError.contains("0.2 USDC is left"), "\(refused.standardError)")
            let budgets = try await cli.succeed(["budget", "list", "--as", "buyer", "--json"])
            #expect(budgets.json?["items"]?[0]?["spent"]?.string == "1")
            try await cli.succeed(["budget", "drop", "day", "--as", "buyer"])
            let run = try await cli.succeed(call + ["--json"])
            let execution = try #require(run.json?["usage"]?["id"]?.string)

            let part = try await cli.succeed([
                "purchase", "refund", "--execution", execution, "--amount", "0.2", "--reason", "slow", "--as", "seller",
            ])
            #expect(part.standardOutput.contains("0.2 from the seller, 0 from the platform"))
            let all = try await cli.succeed(["purchase", "refund", id, "--operator", "--reason", "broken"])
            #expect(all.standardOutput.contains("The licence has ended."))
            let shown = try await cli.succeed(["purchase", "show", id, "--as", "buyer"]).standardOutput
            #expect(
                shown.contains("Paid 0.5 USDC") && shown.contains("Given back 0.5 USDC") && shown.contains("broken"))

            let sums = try await cli.succeed(["usage", "sum", "--by", "month", "--sold", "--as", "seller", "--json"])
            #expect(sums.json?["items"]?[0]?["calls"]?.int64 == 2 && sums.json?["items"]?[0]?["cost"]?.string == "1")
            let csv = try await cli.succeed(["usage", "export", "--as", "buyer"]).standardOutput
            #expect(csv.split(separator: "\r\n").count == 3 && csv.contains(execution))
            let lines = try await cli.succeed(["usage", "export", "--format", "jsonl", "--as", "buyer"]).standardOutput
            #expect(lines.split(separator: "\n").count == 2)
            try await cli.succeed(["ledger", "verify"])
        }
    }
}
