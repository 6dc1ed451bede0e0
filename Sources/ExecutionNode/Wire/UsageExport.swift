import Fields
package import MarketCore

/// Usage records for other programs: a line each.
package enum UsageExport: String, CaseIterable, Sendable {
    /// RFC 4180, with the names of the columns first.
    case csv
    /// One JSON object a line.
    case jsonl

    package var mediaType: String {
        switch self {
        case .csv: "text/csv; charset=utf-8; header=present"
        case .jsonl: "application/jsonl; charset=utf-8"
        }
    }

    private static let columns = [
        "id", "timestamp", "agentId", "purchaseId", "skillId", "endpoint", "verdict", "units", "cost", "costBase",
        "currency", "trial", "duration", "cpuTime", "peakMemory", "requestSize", "responseSize",
    ]

    /// - Parameter withHeader: names of the columns first, where the format has them.
    package func text(_ usages: [SkillUsage], withHeader: Bool) -> String {
        switch self {
        case .jsonl: usages.map { $0.json.description + "\n" }.joined()
        case .csv:
            (withHeader ? Self.columns.joined(separator: ",") + "\r\n" : "")
                + usages.map { usage in
                    let json = usage.json
                    return Self.columns.map { Self.field(json[$0] ?? .null) }.joined(separator: ",") + "\r\n"
                }.joined()
        }
    }

    private static func field(_ value: JSONValue) -> String {
        guard !value.isNull else { return "" }
        guard let text = value.string else { return value.description }
        let isPlain = !text.contains { $0 == "," || $0 == "\"" || $0.isNewline }
        // A spreadsheet would take it for a formula.
        let safe = text.first.map { "=+-@\t".contains($0) } == true ? "'" + text : text
        return isPlain ? safe : "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
