import Foundation

/// The report as a page of the documents, with a picture.
extension Report {
    /// - Parameter path: of the Markdown file; the picture lies beside it, `.svg` in place of `.md`.
    func writePage(to path: String) throws(BenchFailure) {
        let picture = (path as NSString).deletingPathExtension + ".svg"
        do {
            try Data(page(picture: (picture as NSString).lastPathComponent).utf8).write(to: URL(filePath: path))
            try Data(BarChart(report: self).svg.utf8).write(to: URL(filePath: picture))
        } catch {
            throw BenchFailure("\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    private func page(picture: String) -> String {
        var lines = [
            "# Benchmarks", "",
            "Written by `make bench`, all of it in one run on one machine: interleaved rounds in random order after a",
            "warm-up. Absolute numbers are this machine's; what says something about another is the ratio to",
            "`bare.forkexec`, the same static program started by plain fork and exec. An `execute` request is the whole of",
            "it: HTTP over the Unix socket, key, licence, hold, sandbox, durable settle, receipt.", "",
            "\(machine.processor), \(machine.cores) cores, kernel \(machine.kernel), data on \(machine.filesystem), "
                + "load \(machine.load). " + machine.versions.map(\.version).joined(separator: ", ") + ".", "",
            "![p50 of each](\(picture))", "",
            "| | n | p50 ms | p95 ms | p99 ms | × bare | served as meant |", "|---|---:|---:|---:|---:|---:|---:|",
        ]
        for contender in contenders {
            let share = served.first { $0.name == contender.name }.map { String(format: "%.0f %%", $0.share * 100) }
            let times = ratio(contender.name, to: "bare.forkexec").map { String(format: "%.2f", $0) } ?? ""
            lines.append(
                "| `\(contender.name)` | \(contender.count) | \(Self.milliseconds(contender)) | \(times) | \(share ?? "") |"
            )
        }
        lines += ["", "## Goals", "", "| | value | bound | |", "|---|---:|---:|---|"]
        for goal in goals {
            let bound = String(format: "%@ %g", goal.atMost ? "≤" : "≥", goal.bound)
            lines.append(
                "| \(goal.name) | \(String(format: "%.2f", goal.value)) | \(bound) | \(goal.isMet ? "met" : "**not met**") |"
            )
        }
        lines += [
            "", "## Where the time goes", "",
            "p50 in milliseconds of each phase; see `Server-Timing` in [api.md](api.md).", "",
        ]
        let names = served.map(\.name)
        var phases: [String] = []
        for phase in names.flatMap({ steps(of: $0).map(\.phase) }) where !phases.contains(phase) {
            phases.append(phase)
        }
        lines.append("| phase | " + names.map { "`\($0.dropFirst("execute.".count))`" }.joined(separator: " | ") + " |")
        lines.append("|---|" + names.map { _ in "---:" }.joined(separator: "|") + "|")
        for phase in phases {
            let cells = names.map { name in
                steps(of: name).first { $0.phase == phase }.map { String(format: "%.3f", Double($0.summary.p50) / 1e6) }
                    ?? ""
            }
            lines.append("| \(phase) | " + cells.joined(separator: " | ") + " |")
        }
        if !throughput.isEmpty {
            lines += [
                "", "## Under load", "", "| connections | runs/s | failed | p50 ms | p99 ms |",
                "|---:|---:|---:|---:|---:|",
            ]
            for load in throughput {
                let (p50, p99) = (load.latencies?.p50 ?? 0, load.latencies?.p99 ?? 0)
                lines.append(
                    "| \(load.connections) | \(String(format: "%.0f", load.perSecond)) | \(load.failed) | "
                        + String(format: "%.2f | %.2f |", Double(p50) / 1e6, Double(p99) / 1e6))
            }
        }
        if let settles {
            let single = settles.single.map { String(format: "; one at a time %.3f ms", Double($0.p50) / 1e6) } ?? ""
            lines += [
                "",
                "The store alone: \(Int(settles.perSecond)) durable settles a second with "
                    + "\(GroupedSettles.atOnce) at once\(single). The check of the ledger takes "
                    + "\(Int(settles.verifiedPerSecond)) entries a second.",
            ]
        }
        if !growth.isEmpty {
            lines += [
                "", "## With a large store", "", "| skills and licences | usage records | run p50 ms | p99 ms |",
                "|---:|---:|---:|---:|",
            ]
            for step in growth {
                lines.append(
                    "| \(step.size.skills) | \(step.size.usages) | "
                        + String(format: "%.2f | %.2f |", Double(step.run.p50) / 1e6, Double(step.run.p99) / 1e6))
            }
        }
        if let largest = growth.last, !largest.reads.isEmpty {
            lines += [
                "", "Whole requests of what only reads, with the largest of them (see [discovery.md](discovery.md)):",
                "",
                "| | n | p50 ms | p95 ms | p99 ms |", "|---|---:|---:|---:|---:|",
            ]
            lines += largest.reads.map { "| `\($0.name)` | \($0.count) | \(Self.milliseconds($0)) |" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func milliseconds(_ summary: Summary) -> String {
        [summary.p50, summary.p95, summary.p99].map { String(format: "%.3f", Double($0) / 1e6) }.joined(
            separator: " | ")
    }
}

/// Horizontal bars, one a contender: p50, and a line to p99. Logarithmic, for a container takes fifty times what a
/// process takes.
struct BarChart {
    let report: Report

    private static let (width, labelWidth, rowHeight) = (760.0, 190.0, 22.0)

    var svg: String {
        let rows = report.contenders
        let height = Double(rows.count + 2) * Self.rowHeight
        let values = rows.flatMap { [Double($0.p50), Double($0.p99)] }.filter { $0 > 0 }
        let (low, high) = (log10((values.min() ?? 1) / 2), log10((values.max() ?? 10) * 1.3))
        func x(_ nanoseconds: Double) -> Double {
            Self.labelWidth + (log10(max(nanoseconds, 1)) - low) / (high - low) * (Self.width - Self.labelWidth - 70)
        }
        var parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(Self.width)) \(Int(height))\" "
                + "font-family=\"sans-serif\" font-size=\"12\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
            "<text x=\"8\" y=\"16\" fill=\"#333\">p50 (bar) and p99 (line) in milliseconds, logarithmic</text>",
        ]
        for (index, row) in rows.enumerated() {
            let top = Double(index + 1) * Self.rowHeight + 4
            let middle = top + Self.rowHeight / 2 - 4
            let colour = row.name.hasPrefix("execute.") ? "#c2410c" : "#64748b"
            let (start, end, tail) = (Self.labelWidth, x(Double(row.p50)), x(Double(row.p99)))
            parts.append("<text x=\"8\" y=\"\(f(middle + 4))\" fill=\"#333\">\(row.name)</text>")
            parts.append(
                "<rect x=\"\(f(start))\" y=\"\(f(top))\" width=\"\(f(max(1, end - start)))\" height=\"14\" fill=\"\(colour)\"/>"
            )
            parts.append(
                "<line x1=\"\(f(end))\" x2=\"\(f(tail))\" y1=\"\(f(middle))\" y2=\"\(f(middle))\" stroke=\"\(colour)\" stroke-width=\"2\"/>"
            )
            let label = String(format: "%.2f", Double(row.p50) / 1e6)
            parts.append("<text x=\"\(f(tail + 6))\" y=\"\(f(middle + 4))\" fill=\"#333\">\(label)</text>")
        }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    private func f(_ value: Double) -> String { String(format: "%.1f", value) }
}
