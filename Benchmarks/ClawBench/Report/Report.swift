import Fields
import Foundation

/// What `report.json` says.
struct Report {
    /// What every other contender is held against.
    static let baselines = ["bare.forkexec", "bwrap.true"]

    let machine: Machine
    let contenders: [Summary]
    /// Parts of the execute request.
    let steps: [Summary]

    init(machine: Machine, series: [Series], steps: [Series]) {
        self.machine = machine
        contenders = series.compactMap(\.summary)
        self.steps = steps.compactMap(\.summary)
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
        return [
            "machine": machine.json, "results": .array((contenders + steps).map(Self.result)), "ratios": .array(ratios),
        ]
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
