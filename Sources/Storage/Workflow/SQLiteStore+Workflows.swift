import Foundation
import GRDB
public import MarketCore
public import Metering

extension SQLiteStore: WorkflowStore {
    public func fix(_ targets: [WorkflowPin], of package: PackageDigest) async throws(StoreError) {
        try await committer.write { db in
            let digest = package.description
            guard try db.row("SELECT 1 FROM skill_versions WHERE package = ?", [digest]) == nil else { return }
            try db.run("DELETE FROM workflow_pins WHERE package = ?", [digest])
            for pin in targets {
                try db.run(
                    "INSERT INTO workflow_pins (package, step, fallback, skill_id, version) VALUES (?, ?, ?, ?, ?)",
                    [digest, pin.step, pin.isFallback, pin.skillID.uuid, pin.version.description])
            }
        }
    }

    public func pins(of package: PackageDigest) async throws(StoreError) -> [WorkflowPin] {
        try await read { db in
            try db.rows("SELECT * FROM workflow_pins WHERE package = ?", [package.description]).map { row in
                WorkflowPin(
                    step: try row.text("step"), isFallback: try row.integer("fallback") != 0,
                    skillID: try row.id("skill_id"), version: try row.version("version"))
            }
        }
    }

    public func versionNumbers(of skill: Skill.ID) async throws(StoreError) -> [SemanticVersion] {
        try await read { db in
            try db.rows(
                """
                SELECT version FROM version_standings
                WHERE skill_id = ? AND review = 'passed' AND yanked_at IS NULL AND revoked_at IS NULL
                """, [skill.uuid]
            ).map { try $0.version("version") }
        }
    }

    public func interruptedWorkflow(
        _ scope: IdempotencyScope
    ) async throws(StoreError) -> InterruptedWorkflow? {
        try await read { db in
            let row = try db.row(
                "SELECT * FROM workflow_runs WHERE agent_id = ? AND route = ? AND key = ?",
                [scope.agentID.uuid, scope.route, scope.key.value])
            guard let row else { return nil }
            let run: SkillUsage.ID = try row.id("run")
            return InterruptedWorkflow(
                run: run, fingerprint: try row.value("fingerprint", BodyHash(bytes: try row.bytes("fingerprint"))),
                version: try row.version("version"), steps: try Self.steps(of: run, where: "w.final = 1", in: db))
        }
    }

    public func steps(of execution: SkillUsage.ID) async throws(StoreError) -> [SettledStep] {
        try await read { db in
            let earlier = try db.row("SELECT run FROM workflow_attempts WHERE execution = ?", [execution.uuid])
            return try Self.steps(of: try earlier?.id("run") ?? execution, where: "1", in: db)
        }
    }

    public func workflow(of step: SkillUsage.ID) async throws(StoreError) -> SkillUsage.ID? {
        try await read { db in
            try db.row("SELECT run FROM workflow_steps WHERE usage_id = ?", [step.uuid])?.id("run")
        }
    }

    public func pruneWorkflows(before time: Timestamp) async throws(StoreError) {
        try await committer.write { db in
            try db.run(
                """
                UPDATE workflow_steps SET result = NULL
                WHERE run IN (SELECT run FROM workflow_runs WHERE created_at < ?)
                """, [time.milliseconds])
            try db.run("DELETE FROM workflow_runs WHERE created_at < ?", [time.milliseconds])
        }
    }

    private static func steps(
        of run: SkillUsage.ID, where condition: String, in db: Database
    ) throws -> [SettledStep] {
        try db.rows(
            """
            SELECT u.*, w.step, w.fallback, w.version, w.shared, w.result, s.name FROM workflow_steps AS w
            JOIN usages AS u ON u.id = w.usage_id JOIN skills AS s ON s.id = u.skill_id
            WHERE w.run = ? AND \(condition) ORDER BY u.timestamp, w.rowid LIMIT 1024
            """, [run.uuid]
        ).map { row in
            let result: Data? = row["result"]
            return SettledStep(
                step: try row.text("step"), isFallback: try row.integer("fallback") != 0,
                skillName: try row.text("name"), version: try row.version("version"),
                isShared: try row.integer("shared") != 0, usage: try row.usage(), result: result.map { Array($0) })
        }
    }

    /// Writes what a settle says of a workflow, within its transaction.
    static func write(_ record: WorkflowRecord, of usage: SkillUsage, in db: Database) throws {
        switch record {
        case .step(let step): try write(step, of: usage, in: db)
        case .end(let run):
            if run != usage.id {
                try db.run(
                    "INSERT INTO workflow_attempts (execution, run) VALUES (?, ?)", [usage.id.uuid, run.uuid])
            }
            // Without a key there is neither.
            guard try db.run("DELETE FROM workflow_runs WHERE run = ?", [run.uuid]) > 0 else { return }
            try db.run("UPDATE workflow_steps SET result = NULL WHERE run = ? AND result IS NOT NULL", [run.uuid])
        }
    }

    private static func write(_ step: WorkflowStepRecord, of usage: SkillUsage, in db: Database) throws {
        try db.run(
            """
            INSERT INTO workflow_steps (usage_id, run, step, fallback, version, shared, final, result)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                usage.id.uuid, step.run.uuid, step.step, step.isFallback, step.version.description, step.isShared,
                step.isFinal, step.result.map { Data($0) },
            ])
        guard let resumption = step.resumption else { return }
        let scope = resumption.request.scope
        try db.run(
            """
            INSERT INTO workflow_runs (run, agent_id, route, key, fingerprint, version, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run) DO NOTHING
            """,
            [
                step.run.uuid, scope.agentID.uuid, scope.route, scope.key.value,
                Data(resumption.request.fingerprint.bytes), resumption.version.description,
                usage.timestamp.milliseconds,
            ])
    }
}

extension Row {
    fileprivate func version(_ column: String) throws -> SemanticVersion {
        try value(column, SemanticVersion(try text(column)))
    }
}
