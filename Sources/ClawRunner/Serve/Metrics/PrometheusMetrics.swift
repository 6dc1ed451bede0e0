import CoreMetrics
import Synchronization

/// Collects what swift-metrics counts and renders it in the Prometheus text format.
///
/// Counters become `counter`, meters and recorders that do not aggregate `gauge`, timers and other recorders
/// `histogram`. Timers are in seconds.
final class PrometheusMetrics: MetricsFactory, Sendable {
    /// Upper bounds of a timer's buckets, in seconds.
    static let secondsBuckets = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    /// Upper bounds of a recorder's buckets.
    static let valueBuckets = [1.0, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000]
    /// Every name of this daemon starts with it.
    private static let prefix = "clawrunner_"
    /// Series beyond this are not kept: a label that grows without bound must not eat the memory.
    private static let seriesMax = 4096

    /// As the caller names it: names are made fit for Prometheus only when somebody reads them.
    struct Key: Hashable, Sendable {
        let name: String
        let labels: [Label]
    }

    struct Label: Hashable, Sendable {
        let name: String
        let value: String
    }

    private enum Series: Sendable {
        case counter(PrometheusCounter)
        case gauge(PrometheusGauge)
        case histogram(PrometheusHistogram)

        var type: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    private let series = Mutex<[Key: Series]>([:])

    // MARK: MetricsFactory

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions, Self.valueBuckets) : gauge(label, dimensions)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions, Self.secondsBuckets)
    }

    // A series lives as long as the daemon: one that vanishes and comes back looks like a restart.
    func destroyCounter(_: any CounterHandler) {}
    func destroyFloatingPointCounter(_: any FloatingPointCounterHandler) {}
    func destroyMeter(_: any MeterHandler) {}
    func destroyRecorder(_: any RecorderHandler) {}
    func destroyTimer(_: any TimerHandler) {}

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> PrometheusCounter {
        let made = find(label, dimensions) { .counter(PrometheusCounter()) }
        if case .counter(let counter) = made { return counter }
        return PrometheusCounter()
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> PrometheusGauge {
        let made = find(label, dimensions) { .gauge(PrometheusGauge()) }
        if case .gauge(let gauge) = made { return gauge }
        return PrometheusGauge()
    }

    private func histogram(
        _ label: String, _ dimensions: [(String, String)], _ bounds: [Double]
    ) -> PrometheusHistogram {
        let made = find(label, dimensions) { .histogram(PrometheusHistogram(bounds: bounds)) }
        if case .histogram(let histogram) = made { return histogram }
        return PrometheusHistogram(bounds: bounds)
    }

    /// The series of that name; one of another type under the same name is counted into nowhere.
    private func find(_ label: String, _ dimensions: [(String, String)], _ make: () -> Series) -> Series {
        let key = Key(name: label, labels: dimensions.map { Label(name: $0.0, value: $0.1) })
        return series.withLock { series in
            if let known = series[key] { return known }
            let new = make()
            if series.count < Self.seriesMax { series[key] = new }
            return new
        }
    }

    // MARK: Text

    /// All series, by name.
    func render() -> String {
        let all = series.withLock { $0 }
        let byName = Dictionary(grouping: all) { Self.prefix + Self.name($0.key.name) }
        var text = ""
        for (name, series) in byName.sorted(by: { $0.key < $1.key }) {
            guard let type = series.first?.value.type else { continue }
            text += "# TYPE \(name) \(type)\n"
            for (key, value) in series.sorted(by: { Self.labels($0.key.labels) < Self.labels($1.key.labels) }) {
                switch value {
                case .counter(let counter):
                    text += "\(name)\(Self.labels(key.labels)) \(Self.number(counter.value))\n"
                case .gauge(let gauge):
                    text += "\(name)\(Self.labels(key.labels)) \(Self.number(gauge.value))\n"
                case .histogram(let histogram):
                    text += Self.lines(name, key.labels, histogram.snapshot)
                }
            }
        }
        return text
    }

    private static func lines(_ name: String, _ labels: [Label], _ snapshot: PrometheusHistogram.Snapshot) -> String {
        var text = ""
        var total: Int64 = 0
        for (bound, count) in zip(snapshot.bounds, snapshot.counts) {
            total += count
            let all = labels + [Label(name: "le", value: number(bound))]
            text += "\(name)_bucket\(self.labels(all)) \(total)\n"
        }
        let all = labels + [Label(name: "le", value: "+Inf")]
        text += "\(name)_bucket\(self.labels(all)) \(snapshot.count)\n"
        text += "\(name)_sum\(self.labels(labels)) \(number(snapshot.sum))\n"
        text += "\(name)_count\(self.labels(labels)) \(snapshot.count)\n"
        return text
    }

    private static func labels(_ labels: [Label]) -> String {
        guard !labels.isEmpty else { return "" }
        let parts = labels.map { label in
            let value = label.value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n")
            return "\(name(label.name))=\"\(value)\""
        }
        return "{" + parts.joined(separator: ",") + "}"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    /// Letters, digits and underscores; everything else becomes an underscore.
    private static func name(_ text: String) -> String {
        String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }
}
