import Fields
import Foundation

/// What `report.json` says.
struct Report {
    /// What every other contender is held against.
    static let baselines = ["bare.forkexec", "bwrap.true"]

    let machine: Machine
    let contenders: [Summary]
    /// Parts of the execute requests, such as `execute.native.parked.settle`.
    private(set) var steps: [Summary] = []
    /// By contender: the share of runs for which what should wait did wait.
    private(set) var served: [(name: String, share: Double)] = []
    var throughput: [Throughput.Result] = []
    var settles: GroupedSettles.Result?
    /// Of one waiting native sandbox.
    var parkedBytes: Int64?
    /// Resident memory of the daemon after the rounds, before the load.
    var idleBytes: Int64?
    var growth: [Growth.Result] = []

    init(machine: Machine, series: [Series]) {
        self.machine = machine
        contenders = series.compactMap(\.summary)
    }

    mutating func add(steps: [Series], served share: Double, _ name: String) {
        self.steps += steps.compactMap(\.summary)
        served.append((name, share))
    }

    func steps(of name: String) -> [(phase: String, summary: Summary)] {
        steps.filter { $0.name.hasPrefix(name + ".") }.map { (String($0.name.dropFirst(name.count + 1)), $0) }
    }

    /// The goals that these numbers can be held against, as far as both sides were measured.
    var goals: [Goal] { Goal.all(of: self) }

    /// The p50 of a contender or of a step.
    func p50(_ name: String) -> Double? {
        (contenders + steps).first { $0.name == name }.map { Double($0.p50) }
    }

    func p99(_ name: String) -> Double? {
        contenders.first { $0.name == name }.map { Double($0.p99) }
    }

    /// How many times as long as a baseline a contender takes, by their p50; nil when the baseline was not measured.
    func ratio(_ name: String, to baseline: String) -> Double? {
        guard let one = contenders.first(where: { $0.name == name }),
            let other = contenders.first(where: { $0.name == baseline }), other.p50 > 0
        else { return nil }
        return Double(one.p50) / Double(other.p50)
    }

    var json: JSONValue {
        var ratios: [JSONValue] = []
        for contender in contenders {
            for baseline in Self.baselines where baseline != contender.name {
                guard let value = ratio(contender.name, to: baseline) else { continue }
                ratios.append([
                    "name": .string("\(contender.name)/\(baseline)"), "value": Self.rounded(value),
                ])
            }
        }
        var object: JSONObject = [
            "machine": machine.json, "results": .array((contenders + steps).map(Self.result)), "ratios": .array(ratios),
            "served": .array(served.map { ["name": .string($0.name), "share": Self.rounded($0.share)] }),
            "throughput": .array(
                throughput.map { load in
                    [
                        "name": .string("throughput.native.c\(load.connections)"),
                        "perSecond": Self.rounded(load.perSecond),
                        "ok": .number(load.ok), "failed": .number(load.failed),
                        "p50": load.latencies.map { Self.milliseconds($0.p50) } ?? .null,
                        "p99": load.latencies.map { Self.milliseconds($0.p99) } ?? .null,
                    ]
                }),
            "growth": .array(
                growth.map {
                    [
                        "skills": .number($0.size.skills), "licences": .number($0.size.skills),
                        "usages": .number($0.size.usages), "p50": Self.milliseconds($0.run.p50),
                        "p99": Self.milliseconds($0.run.p99), "reads": .array($0.reads.map(Self.result)),
                    ]
                }),
            "goals": .array(
                goals.map {
                    [
                        "name": .string($0.name), "value": Self.rounded($0.value), "bound": Self.rounded($0.bound),
                        "met": .bool($0.isMet),
                    ]
                }),
        ]
        if let settles {
            object["settle"] = [
                "groupedPerSecond": Self.rounded(settles.perSecond),
                "single": settles.single.map { Self.milliseconds($0.p50) } ?? .null,
                "verifiedPerSecond": Self.rounded(settles.verifiedPerSecond),
            ]
        }
        if let parkedBytes { object["parkedBytes"] = .number(parkedBytes) }
        if let idleBytes { object["daemonResidentBytes"] = .number(idleBytes) }
        return .object(object)
    }

    /// - Throws: when the file cannot be written.
    func write(to path: String) throws(BenchFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data((json.prettyPrinted() + "\n").utf8).write(to: URL(filePath: path))
        } catch {
            throw BenchFailure("\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    private static func result(_ summary: Summary) -> JSONValue {
        [
            "name": .string(summary.name), "unit": "ms", "n": .number(summary.count),
            "p50": milliseconds(summary.p50), "p95": milliseconds(summary.p95), "p99": milliseconds(summary.p99),
        ]
    }

    private static func milliseconds(_ nanoseconds: Int64) -> JSONValue { rounded(Double(nanoseconds) / 1_000_000) }

    /// Three digits after the point: microseconds, and thousandths of a ratio.
    private static func rounded(_ value: Double) -> JSONValue {
        JSONNumber((value * 1000).rounded() / 1000).map(JSONValue.number) ?? .null
    }
}
