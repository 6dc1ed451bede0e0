import Fields

/// How a run ended, on one line for people: `ok · 12 ms · cpu 8 ms · memory 6.2 MiB · 0.001 USDC`.
struct VerdictLine {
    let kind: String
    var detail: String?
    var wallMicroseconds: Int64?
    var cpuMicroseconds: Int64?
    var peakMemoryBytes: Int64?
    var cost: String?

    /// From a `usage` object of the daemon, whose times are whole milliseconds.
    init(kind: String, detail: String?, usage: JSONValue?) {
        self.kind = kind
        self.detail = detail
        wallMicroseconds = usage?["duration"]?.int64.map { $0 * 1000 }
        cpuMicroseconds = usage?["cpuTime"]?.int64.map { $0 * 1000 }
        peakMemoryBytes = usage?["peakMemory"]?.int64
        if let amount = usage?["cost"]?.string, let currency = usage?["currency"]?.string {
            cost = "\(amount) \(currency)"
        }
    }

    init(kind: String, detail: String?, wallMicroseconds: Int64, cpuMicroseconds: Int64, peakMemoryBytes: Int64) {
        self.kind = kind
        self.detail = detail
        self.wallMicroseconds = wallMicroseconds
        self.cpuMicroseconds = cpuMicroseconds
        self.peakMemoryBytes = peakMemoryBytes
    }

    /// The line, and for every verdict but `ok` the sentence that explains it below.
    func lines(_ terminal: Terminal) -> [String] {
        let isOK = kind == "ok"
        var parts = [terminal.styled(kind, isOK ? .green : .red, .bold)]
        if let wallMicroseconds { parts.append(Quantity.time(microseconds: wallMicroseconds)) }
        if let cpuMicroseconds { parts.append("cpu " + Quantity.time(microseconds: cpuMicroseconds)) }
        if let peakMemoryBytes, peakMemoryBytes > 0 { parts.append("memory " + Quantity.bytes(peakMemoryBytes)) }
        if let cost { parts.append(cost) }
        var lines = [parts.joined(separator: " · ")]
        if !isOK, let detail, !detail.isEmpty { lines.append(Terminal.oneLine(detail)) }
        return lines
    }
}
