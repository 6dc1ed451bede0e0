/// Whether this host is short of memory: it has little left, and the kernel says that tasks wait for some. Either alone is
/// no evidence: one run that is held to too little waits all the time, and caches fill every host.
/// Source: Documentation/accounting/psi.rst, proc_meminfo(5).
package enum MemoryPressure {
    /// Of the last ten seconds, some task waited for memory in more than this share; in percent.
    private static let someMax = 10.0
    private static let availableMin = 0.25

    /// Where the kernel does not tell of pressure, only what is left decides.
    package static var isHigh: Bool {
        guard let left = available(in: HostFacts.text("/proc/meminfo")), left < availableMin else { return false }
        return share(in: HostFacts.text("/proc/pressure/memory")).map { $0 > someMax } ?? (left < availableMin / 4)
    }

    /// `avg10` of the first line, such as `some avg10=0.06 avg60=0.22 avg300=0.39 total=4345347`.
    static func share(in text: String) -> Double? {
        let words = text.split(whereSeparator: \.isWhitespace).prefix(2)
        guard words.first == "some", let value = words.last, value.hasPrefix("avg10=") else { return nil }
        return Double(value.dropFirst("avg10=".count))
    }

    /// The available part of all memory, from lines such as `MemTotal:  24000000 kB`.
    static func available(in text: String) -> Double? {
        func number(_ key: String) -> Double? {
            let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
            return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
        }
        guard let total = number("MemTotal:"), total > 0, let available = number("MemAvailable:") else { return nil }
        return available / total
    }
}
