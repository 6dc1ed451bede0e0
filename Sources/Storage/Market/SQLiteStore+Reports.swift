import Foundation
import GRDB
public import MarketCore

extension SQLiteStore: ReportStore {
    /// What hides a skill by itself; the operator's own reasons are other texts.
    private static let hidingReason = "reported by several of its buyers"

    public func file(
        _ report: AbuseReport, toHide: Int
    ) async throws(StoreError) -> (report: AbuseReport, hasHidden: Bool) {
        try await committer.write { db in
            let own: [Bound] = [report.skillID.uuid, report.agentID.uuid]
            guard
                try db.row("SELECT 1 FROM abuse_reports WHERE skill_id = ? AND agent_id = ? AND state = 'open'", own)
                    == nil
            else { throw StoreError.conflict(field: "report") }
            let open = try db.count(
                "SELECT count(*) FROM abuse_reports WHERE agent_id = ? AND state = 'open'", [report.agentID.uuid])
            guard open < Self.openMax else {
                throw StoreError.refused("an agent has at most \(Self.openMax) open reports")
            }
            // Who never got anything from the skill, or was wrong about it before, is heard, but hides nothing.
            let counts =
                try db.row(
                    "SELECT 1 FROM usage_totals WHERE unit = 'month' AND agent_id = ? AND skill_id = ? AND verdict = 'ok' LIMIT 1",
                    [report.agentID.uuid, report.skillID.uuid]) != nil
                && db.row(
                    "SELECT 1 FROM abuse_reports WHERE skill_id = ? AND agent_id = ? AND state = 'dismissed' LIMIT 1",
                    own)
                    == nil
            try db.run(
                """
                INSERT INTO abuse_reports (id, skill_id, agent_id, kind, text, state, counts, created_at)
                VALUES (?, ?, ?, ?, ?, 'open', ?, ?)
                """,
                [
                    report.id.uuid, report.skillID.uuid, report.agentID.uuid, report.kind.rawValue, report.text,
                    counts ? 1 : 0, report.createdAt.milliseconds,
                ])
            let counted = try Self.openThatCount(on: report.skillID, in: db)
            let isHidden = try Self.skill(report.skillID, in: db).hiddenReason != nil
            let hides = toHide > 0 && counts && counted >= toHide && !isHidden
            if hides { try Self.hide(report.skillID, Self.hidingReason, at: report.createdAt, in: db) }
            return (try Self.report(report.id, in: db), hides)
        }
    }

    public func report(id: AbuseReport.ID) async throws(StoreError) -> AbuseReport? {
        try await read { db in
            try db.row("SELECT * FROM abuse_reports WHERE id = ?", [id.uuid])?.abuseReport()
        }
    }

    public func reports(_ query: ReportQuery) async throws(StoreError) -> Page<AbuseReport> {
        let list = "reports"
        let place = try Cursor.parse(query.page.cursor, list: list)?.numbered()
        var conditions = Conditions()
        if let skill = query.skillID { conditions.add("skill_id = ?", skill.uuid) }
        if let agent = query.agentID { conditions.add("agent_id = ?", agent.uuid) }
        if let state = query.state { conditions.add("state = ?", state.rawValue) }
        let counted = conditions
        if let place { conditions.add("(created_at, id) < (?, ?)", place.key, place.id) }
        return try await read { [conditions] db in
            let total = try db.count("SELECT count(*) FROM abuse_reports" + counted.sql, counted.values)
            let found = try db.rows(
                "SELECT * FROM abuse_reports\(conditions.sql) ORDER BY created_at DESC, id DESC LIMIT ?",
                conditions.values + [query.page.limit + 1])
            return try Page(rows: found, limit: query.page.limit, total: total) { row in
                try row.abuseReport()
            } cursor: { report in
                Cursor(list: list, key: String(report.createdAt.milliseconds), id: report.id.uuid)
            }
        }
    }

    public func answer(
        _ report: AbuseReport.ID, _ text: String, at time: Timestamp
    ) async throws(StoreError) -> AbuseReport {
        try await committer.write { db in
            let changed = try db.run(
                "UPDATE abuse_reports SET answer = ?, answered_at = coalesce(answered_at, ?) WHERE id = ?",
                [text, time.milliseconds, report.uuid])
            guard changed == 1 else { throw StoreError.missing("report") }
            return try Self.report(report, in: db)
        }
    }

    public func decide(
        _ report: AbuseReport.ID, _ state: AbuseReport.State, reason: String, at time: Timestamp
    ) async throws(StoreError) -> AbuseReport {
        try await committer.write { db in
            let before = try Self.report(report, in: db)
            guard before.state == .open else { throw StoreError.refused("this report was decided before") }
            try db.run(
                "UPDATE abuse_reports SET state = ?, decision = ?, decided_at = ? WHERE id = ?",
                [state.rawValue, reason, time.milliseconds, report.uuid])
            let hidden = try Self.skill(before.skillID, in: db).hiddenReason
            if state == .upheld, hidden == nil || hidden == Self.hidingReason {
                try Self.hide(before.skillID, reason, at: time, in: db)
            } else if state == .dismissed, hidden == Self.hidingReason,
                try Self.openThatCount(on: before.skillID, in: db) == 0
            {
                try Self.hide(before.skillID, nil, at: time, in: db)
            }
            return try Self.report(report, in: db)
        }
    }

    private static func hide(_ skill: Skill.ID, _ reason: String?, at time: Timestamp, in db: Database) throws {
        try db.run("UPDATE skills SET hidden_reason = ? WHERE id = ?", [reason, skill.uuid])
        try followVersions(of: skill, at: time, in: db)
    }

    private static func openThatCount(on skill: Skill.ID, in db: Database) throws -> Int64 {
        try db.count(
            "SELECT count(*) FROM abuse_reports WHERE skill_id = ? AND state = 'open' AND counts = 1", [skill.uuid])
    }

    private static func report(_ id: AbuseReport.ID, in db: Database) throws -> AbuseReport {
        guard let row = try db.row("SELECT * FROM abuse_reports WHERE id = ?", [id.uuid]) else {
            throw StoreError.missing("report")
        }
        return try row.abuseReport()
    }
}

extension Row {
    fileprivate func abuseReport() throws -> AbuseReport {
        AbuseReport(
            id: try id("id"), skillID: try id("skill_id"), agentID: try id("agent_id"), kind: try word("kind"),
            text: try text("text"), state: try word("state"), counts: try integer("counts") != 0,
            answer: try optionalText("answer"), answeredAt: try optionalTime("answered_at"),
            decision: try optionalText("decision"), decidedAt: try optionalTime("decided_at"),
            createdAt: try time("created_at"))
    }
}
