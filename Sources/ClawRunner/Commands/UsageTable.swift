import Fields

/// Usage records as a table of at most 80 columns.
struct UsageTable {
    private let skillNames: [String: String]
    private let showsDate: Bool
    private var table = TextTable([
        .init("WHEN"), .init("CALL", widthMax: 21), .init("VERDICT"), .init("TIME", .right),
        .init("MEMORY", .right), .init("COST", .right),
    ])

    /// - Parameter skillNames: by identifier; a record has only the identifier.
    init(skillNames: [String: String], showsDate: Bool = true) {
        self.skillNames = skillNames
        self.showsDate = showsDate
    }

    mutating func add(_ usage: JSONValue) {
        let skillID = usage["skillId"]?.string ?? ""
        let moment = (usage["timestamp"]?.string ?? "").dropFirst(showsDate ? 5 : 11).prefix(showsDate ? 14 : 8)
        table.add(
            String(moment).replacing("T", with: " "),
            (skillNames[skillID] ?? String(skillID.prefix(8))) + (usage["endpoint"]?.string ?? ""),
            usage["verdict"]?.string ?? "", usage["duration"]?.int64.map { "\($0) ms" } ?? "",
            Quantity.bytes(usage["peakMemory"]?.int64 ?? 0), usage["cost"]?.string ?? "")
    }

    func lines(_ terminal: Terminal) -> [String] {
        table.lines { _, column, cell in
            column == 2 ? terminal.styled(cell, cell == "ok" ? .green : .red) : cell
        }
    }
}

/// The names of the skills that usage records name by identifier.
enum SkillNames {
    static func of(_ usages: [JSONValue], _ client: MarketClient) async throws(CommandFailure) -> [String: String] {
        var names: [String: String] = [:]
        for id in Set(usages.compactMap { $0["skillId"]?.string }) {
            let answer = try await client.send(ClientRequest(.get, "/api/v1/skills/\(ClientRequest.escaped(id))"))
            names[id] = answer.json["skill"]?["name"]?.string
        }
        return names
    }
}
