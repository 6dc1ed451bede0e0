import Foundation

/// The report for people, within 80 columns.
enum TextReport {
    private static let explanations = [
        "parse": "body read, key checked, JSON read", "license": "skill, licence, rate, schema",
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
        guard !report.steps.isEmpty else { return }
        print()
        print(row("of it, step by step", ["n", "p50", "p95", "p99"]))
        for step in report.steps {
            let name = String(step.name.split(separator: ".").last ?? "")
            print(row("  " + name, numbers(step)) + (explanations[name].map { "  " + $0 } ?? ""))
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
