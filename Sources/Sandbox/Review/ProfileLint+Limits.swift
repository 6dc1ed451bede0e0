extension ProfileLint {
    mutating func limits() {
        missingLimits()
        let limits = profile.limits
        without(
            ["limits.cpu", "limits.wall", "limits.cpuRate"],
            limits.cpuMilliseconds > limits.wallMilliseconds.multipliedReportingOverflow(by: limits.cpuRatePercent)
                .partialValue / 100,
            "cpu can never be used up: wall × cpuRate ends the run before",
            fix: "Lower cpu to at most wall × cpuRate, or raise wall.")
        without(
            ["limits.tmp", "limits.memory"], limits.tmpBytes > limits.memoryBytes,
            "tmp is larger than memory, to which files in /tmp are counted", fix: "Lower tmp to at most memory.")
        without(
            ["limits.fileSize", "limits.tmp"], limits.fileSizeBytes > limits.tmpBytes,
            "fileSize is larger than tmp, the only place for files", fix: "Lower fileSize to at most tmp.")
        for field in Limits.fields {
            guard let place = own("limits.\(field.key)"), let base = profile.bases.first else { continue }
            guard base.limits[keyPath: field.path] == limits[keyPath: field.path] else { continue }
            add(
                .warning, "without-effect", place, "\(field.key) is what \(base.name) says already",
                risk: "When \(base.name) changes, this file keeps the old value, perhaps unnoticed.",
                fix: "Remove the line, unless it is meant to stay when \(base.name) changes.")
        }
        if let place = own("limits.memory"), limits.memoryBytes < 8 << 20 {
            add(
                .warning, "limit-too-low", place, "memory is below 8MiB",
                risk: "Most programs do not start; the run ends with memory_limit.", fix: "Give at least 8MiB.")
        }
    }

    private func own(_ key: String) -> ProfilePlace? { statements(key).first?.place }

    private mutating func missingLimits() {
        guard profile.bases.isEmpty else { return }
        let missing = Limits.keys.filter { own("limits.\($0)") == nil }
        guard !missing.isEmpty else { return }
        add(
            .warning, "limits-missing", nil, "these limits are not written: \(missing.joined(separator: ", "))",
            risk: "The built-in values hold, which may change with a new version.",
            fix: "Write them, or extend a profile that does.")
    }

    /// A limit that another one makes idle, where this file says one of them.
    private mutating func without(_ keys: [String], _ isSo: Bool, _ what: String, fix: String) {
        guard isSo, let place = keys.compactMap(own).first else { return }
        add(
            .warning, "limit-without-effect", place, what,
            risk: "The limit is believed to hold, but another one always comes first.", fix: fix)
    }
}
