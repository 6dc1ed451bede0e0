/// One thing that the project wants to be true of these numbers, on a quiet machine.
struct Goal {
    let name: String
    let value: Double
    let bound: Double
    /// At most the bound; else at least.
    var atMost = true

    var isMet: Bool { atMost ? value <= bound : value >= bound }

    static func all(of report: Report) -> [Goal] {
        var goals: [Goal] = []
        func ratio(_ name: String, _ baseline: String, _ bound: Double) {
            guard let one = report.p50(name), let other = report.p50(baseline), other > 0 else { return }
            goals.append(Goal(name: "\(name) p50 / \(baseline)", value: one / other, bound: bound))
        }
        ratio("execute.native.parked", "bare.forkexec", 1.5)
        if let p99 = report.p99("execute.native.parked"), let bare = report.p50("bare.forkexec"), bare > 0 {
            goals.append(Goal(name: "execute.native.parked p99 / bare.forkexec", value: p99 / bare, bound: 4))
        }
        ratio("execute.native.cold", "bare.forkexec", 3)
        ratio("execute.native.cold", "bwrap.true", 1)
        ratio("execute.native.skillwarm", "bare.forkexec", 0.75)
        ratio("execute.python.parked", "bare.python", 0.5)
        ratio("execute.python.skillwarm", "bare.python", 0.25)
        ratio("execute.node.parked", "bare.node", 0.1)
        if let license = report.p50("execute.native.parked.license") {
            goals.append(Goal(name: "license.decision p50 in µs", value: license / 1000, bound: 50))
        }
        if let load = report.throughput.first(where: { $0.connections == 8 }) {
            goals.append(
                Goal(name: "runs per second with 8 connections", value: load.perSecond, bound: 500, atMost: false))
            if let latencies = load.latencies, latencies.p50 > 0 {
                let tail = Double(latencies.p99) / Double(latencies.p50)
                goals.append(Goal(name: "p99 / p50 with 8 connections", value: tail, bound: 10))
            }
        }
        if !report.throughput.isEmpty {
            let failed = report.throughput.reduce(0) { $0 + $1.failed }
            goals.append(Goal(name: "failed runs under load", value: Double(failed), bound: 0))
        }
        if let settles = report.settles {
            goals.append(
                Goal(name: "durable settles per second", value: settles.perSecond, bound: 10_000, atMost: false))
            if let single = settles.single?.p50, let sync = report.p50("disk.fdatasync"), sync > 0 {
                goals.append(Goal(name: "one settle / one fdatasync", value: Double(single) / sync, bound: 2))
            }
            goals.append(
                Goal(
                    name: "ledger entries checked per second", value: settles.verifiedPerSecond, bound: 200_000,
                    atMost: false))
        }
        if let bytes = report.parkedBytes {
            goals.append(Goal(name: "KiB of a waiting native sandbox", value: Double(bytes) / 1024, bound: 512))
        }
        if let bytes = report.idleBytes {
            goals.append(Goal(name: "MiB of the daemon", value: Double(bytes) / 1_048_576, bound: 60))
        }
        if let first = report.growth.first?.run.p50, let last = report.growth.last?.run.p50, first > 0 {
            goals.append(
                Goal(name: "run with the largest store / the smallest", value: Double(last) / Double(first), bound: 1.2)
            )
        }
        for (name, bound) in [("search.text", 20.0), ("skills.list", 20), ("skill.page", 10)] {
            guard let read = report.growth.last?.reads.first(where: { $0.name == name }) else { continue }
            goals.append(
                Goal(name: "\(name) p95 in ms with the largest store", value: Double(read.p95) / 1e6, bound: bound))
        }
        return goals
    }
}
