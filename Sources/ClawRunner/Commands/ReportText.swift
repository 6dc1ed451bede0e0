import Fields

/// An isolation report for people: the layers, then each limit beside what was reached, then whatever else it has.
struct ReportText {
    let report: JSONValue

    private static let times: Set<String> = ["wall", "cpu"]
    private static let sizes: Set<String> = ["memory", "tmp", "output", "stderr", "fileSize"]
    private static let shownAbove: Set<String> = [
        "profile", "layers", "cgroups", "landlockABI", "limits", "reached", "reachedPercent", "denials", "observed",
        "phases", "start",
    ]

    func lines() -> [String] {
        var lines = [
            "profile \(report["profile"]?.string ?? "?") · cgroups \(report["cgroups"]?.string ?? "?") · "
                + "Landlock ABI \(report["landlockABI"]?.int64 ?? 0)"
        ]
        lines += layers()
        lines += limits()
        lines += calls()
        lines += time()
        for (key, value) in report.object ?? [:] where !Self.shownAbove.contains(key) && !isEmpty(value) {
            lines += labelled(key, Terminal.harmless(value.description))
        }
        return lines
    }

    private func layers() -> [String] {
        var names: [String: [String]] = [:]
        for (name, state) in report["layers"]?.object ?? [:] { names[state.string ?? "?", default: []].append(name) }
        return ["off", "degraded", "on"].flatMap { state in
            names[state].map { labelled("layers \(state)", $0.joined(separator: ", ")) } ?? []
        }
    }

    private func limits() -> [String] {
        guard let limits = report["limits"]?.object else { return [] }
        var table = TextTable([
            .init("LIMIT"), .init("ALLOWED", .right), .init("REACHED", .right), .init("SHARE", .right),
        ])
        for (key, value) in limits {
            let share = report["reachedPercent"]?[key]?.int64.map { "\($0) %" } ?? ""
            table.add(key, shown(key, value), report["reached"]?[key].map { shown(key, $0) } ?? "", share)
        }
        return table.lines()
    }

    /// Refused calls, and where the run was observed, those that were made and the paths that were opened.
    private func calls() -> [String] {
        var lines: [String] = []
        let refused = (report["denials"]?.array ?? []).map(counted)
        if !refused.isEmpty { lines += labelled("calls refused", refused.joined(separator: ", ")) }
        guard let observed = report["observed"] else { return lines }
        let made = observed["syscalls"]?.array ?? []
        lines += labelled("calls made", "\(made.count): " + made.map(counted).joined(separator: ", "))
        let opened = (observed["paths"]?.array ?? []).filter { path in
            path["access"]?.array?.contains { $0 != "looked" } == true
        }
        for path in opened {
            let access = (path["access"]?.array ?? []).compactMap(\.string).filter { $0 != "looked" }
            lines.append(
                access.joined(separator: ",").padding(to: Self.indent)
                    + Terminal.oneLine(path["path"]?.string ?? ""))
        }
        if observed["pathsCut"]?.bool == true { lines += labelled("", "and more paths than are kept") }
        return lines
    }

    /// Where the time went, and what waited for the run.
    private func time() -> [String] {
        var lines: [String] = []
        let phases = (report["phases"]?.object ?? [:]).map { name, value in
            "\(name) \(Quantity.time(microseconds: value.int64 ?? 0))"
        }
        if !phases.isEmpty { lines += labelled("time", phases.joined(separator: " · ")) }
        if let waiting = report["start"]?["waiting"]?.string, waiting != "none" {
            lines += labelled("started ahead", waiting == "sealed" ? "the sandbox" : "the sandbox and its \(waiting)")
        }
        if let reason = report["start"]?["notAhead"]?.string { lines += labelled("", Terminal.harmless(reason)) }
        return lines
    }

    /// Such as `openat ×12`.
    private func counted(_ call: JSONValue) -> String {
        let count = call["count"]?.int64 ?? 1
        return Terminal.oneLine(call["syscall"]?.string ?? "?") + (count == 1 ? "" : " ×\(count)")
    }

    private static let indent = 17

    private func shown(_ key: String, _ value: JSONValue) -> String {
        guard let number = value.int64 else { return value.description }
        if Self.times.contains(key) {
            return Quantity.time(microseconds: number.multipliedReportingOverflow(by: 1000).0)
        }
        if Self.sizes.contains(key) { return Quantity.bytes(number) }
        return key == "cpuRate" ? "\(number) %" : String(number)
    }

    private func labelled(_ label: String, _ text: String) -> [String] {
        let lines = Terminal.wrapped(text, width: 80 - Self.indent)
        return lines.enumerated().map { index, line in (index == 0 ? label : "").padding(to: Self.indent) + line }
    }

    private func isEmpty(_ value: JSONValue) -> Bool {
        value.isNull || value.array?.isEmpty == true || value.object?.isEmpty == true
    }
}
