import Foundation

/// The report for people, within 80 columns.
enum TextReport {
    private static let explanations = [
        "parse": "body read, key checked, JSON read", "license": "skill, licence, rate",
        "prepare": "schema, price, limits",
        "hold": "amount and use reserved and written down", "acquire": "pipes, a waiting sandbox",
        "dispatch": "until the launcher has it", "seal": "sandbox built", "exec": "program executed",
        "firstByte": "until the program's first byte", "exit": "until the program's end",
        "collect": "tree dead, output read, back in the node", "settle": "booked durably",
        "around": "socket, head, answer: what no phase covers",
    ]

    static func begin(
        _ machine: Machine, rounds: Int, warmUp: Int, leftOut: [(name: String, reason: String)]
    ) {
        let memory = String(format: "%.1f GiB", Double(machine.memoryBytes) / Double(1 << 30))
        print("\(machine.processor), \(machine.cores) cores, \(memory), kernel \(machine.kernel)")
        print("data on \(machine.filesystem), load \(machine.load), governor \(machine.governor ?? "unknown")")
        if !machine.versions.isEmpty { print(machine.versions.map(\.version).joined(separator: ", ")) }
        for (name, reason) in leftOut {
            print("left out: \(reason.hasPrefix(name) ? reason : "\(name): \(reason)")")
        }
        print("\(rounds) rounds after \(warmUp) for warm-up, interleaved in random order …")
        fflush(nil)
    }

    static func end(_ report: Report) {
        print()
        print(row("milliseconds", ["n", "p50", "p95", "p99", "x bare", "x bwrap"]))
        for contender in report.contenders {
            let ratios = Report.baselines.map { baseline in
                report.ratio(contender.name, to: baseline).map { String(format: "%.2f", $0) } ?? "-"
            }
            print(row(contender.name, numbers(contender) + ratios))
        }
        for name in report.served.map(\.name) {
            print()
            let share = report.served.first { $0.name == name }?.share ?? 0
            print(row(name, ["", "p50", "p95", "p99"]) + String(format: "  served as meant: %.0f %%", share * 100))
            for (phase, summary) in report.steps(of: name) {
                print(row("  " + phase, numbers(summary)) + (explanations[phase].map { "  " + $0 } ?? ""))
            }
        }
        for load in report.throughput {
            print(
                row("c\(load.connections)", [String(load.ok)])
                    + String(format: "  %.0f runs/s, %d failed", load.perSecond, load.failed)
                    + (load.latencies.map {
                        String(format: ", p50 %.2f ms, p99 %.2f ms", Double($0.p50) / 1e6, Double($0.p99) / 1e6)
                    } ?? ""))
        }
        for growth in report.growth {
            print(
                row("grown", [String(growth.size.skills)])
                    + String(
                        format: "  skills and licences, %d usages: p50 %.2f ms", growth.size.usages,
                        Double(growth.run.p50) / 1e6))
            for read in growth.reads { print(row("  " + read.name, numbers(read))) }
        }
        print()
        for goal in report.goals {
            let value = String(format: "%.2f", goal.value)
            print(
                "\(goal.isMet ? "met    " : "not met") \(goal.name): \(value)"
                    + String(format: " (%@ %.2f)", goal.atMost ? "at most" : "at least", goal.bound))
        }
        print()
    }

    private static func numbers(_ summary: Summary) -> [String] {
        [String(summary.count)]
            + [summary.p50, summary.p95, summary.p99].map { String(format: "%.3f", Double($0) / 1_000_000) }
    }

    private static func row(_ name: String, _ cells: [String]) -> String {
        let widths = [6, 9, 9, 9, 9, 9]
        let right = zip(cells, widths).map { cell, width in
            String(repeating: " ", count: max(1, width - cell.count)) + cell
        }
        return name + String(repeating: " ", count: max(0, 22 - name.count)) + right.joined()
    }
}
