import Foundation
import GRDB
import MarketCore
import Metering

/// What the settles of one transaction add to `usage_totals`. They are written together: settles that share a transaction
/// mostly share hours, buyers and skills as well.
///
/// Unchecked, because it belongs to the one thread that writes.
final class UsageTally: @unchecked Sendable {
    struct Key: Hashable {
        let unit: CalendarUnit
        let start: Timestamp
        let agentID: Agent.ID
        let sellerID: Agent.ID
        let skillID: Skill.ID
        let chain: UUID
        let verdict: String
        let currency: Currency
    }

    struct Sums {
        var calls: Int64 = 0
        var units: Int64 = 0
        var costBase: Int64 = 0
        var durationMilliseconds: Int64 = 0
        var cpuMilliseconds: Int64 = 0
        var requestBytes: Int64 = 0
        var responseBytes: Int64 = 0
    }

    var sums: [Key: Sums] = [:]

    func add(_ settlement: Settlement, chain: UUID) {
        let usage = settlement.usage
        for unit in CalendarUnit.allCases {
            let key = Key(
                unit: unit, start: unit.start(of: usage.timestamp), agentID: usage.agentID,
                sellerID: settlement.sellerID, skillID: usage.skillID, chain: chain, verdict: usage.verdict,
                currency: usage.cost.currency)
            sums[key, default: Sums()].add(usage)
        }
    }

    /// Writes what was added since the last time.
    func flush(in db: Database) throws {
        for (key, sums) in sums {
            try db.run(
                """
                INSERT INTO usage_totals (unit, start, agent_id, seller_id, skill_id, chain, verdict, currency, calls,
                    units, cost, duration_ms, cpu_ms, request_bytes, response_bytes)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (unit, agent_id, start, chain, verdict, currency, skill_id) DO UPDATE SET
                    calls = calls + excluded.calls, units = units + excluded.units, cost = cost + excluded.cost,
                    duration_ms = duration_ms + excluded.duration_ms, cpu_ms = cpu_ms + excluded.cpu_ms,
                    request_bytes = request_bytes + excluded.request_bytes,
                    response_bytes = response_bytes + excluded.response_bytes
                """,
                values: [
                    key.unit.rawValue.databaseValue, key.start.milliseconds.databaseValue,
                    key.agentID.uuid.databaseValue, key.sellerID.uuid.databaseValue, key.skillID.uuid.databaseValue,
                    key.chain.databaseValue, key.verdict.databaseValue, key.currency.rawValue.databaseValue,
                    sums.calls.databaseValue, sums.units.databaseValue, sums.costBase.databaseValue,
                    sums.durationMilliseconds.databaseValue, sums.cpuMilliseconds.databaseValue,
                    sums.requestBytes.databaseValue, sums.responseBytes.databaseValue,
                ])
        }
        sums = [:]
    }
}

extension UsageTally.Sums {
    /// What does not fit 64 bits stays at their end.
    fileprivate mutating func add(_ usage: SkillUsage) {
        calls += 1
        units = units.addingClamped(usage.units)
        costBase = costBase.addingClamped(usage.cost.base)
        durationMilliseconds = durationMilliseconds.addingClamped(usage.durationMilliseconds)
        cpuMilliseconds = cpuMilliseconds.addingClamped(usage.cpuTimeMilliseconds)
        requestBytes = requestBytes.addingClamped(usage.requestSize)
        responseBytes = responseBytes.addingClamped(usage.responseSize)
    }
}

extension Int64 {
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
