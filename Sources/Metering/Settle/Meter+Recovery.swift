public import MarketCore

/// What ``Meter/recover(report:responding:)`` did.
public struct RecoveryReport: Sendable {
    /// Runs that were cut off by the end of the former process and now have a record at cost 0.
    public let interrupted: [SkillUsage.ID]
    /// Runs that could not be recorded, with the reason; they stay in the journal for the next start.
    public let failed: [Failure]
    /// Lines of the journal that could not be read.
    public let damagedLines: Int
    /// Where the damaged journal was kept; nil when it was whole but for its last line, or could not be kept.
    public let keptJournal: String?

    public struct Failure: Sendable {
        public let id: SkillUsage.ID
        public let error: MeterError
    }
}

extension Meter {
    /// Gives every hold that a former process left open its usage record, at cost 0 with the verdict `launch_failed`,
    /// and stores the outcome that its idempotency key gets from now on; a workflow's key gets none, because the same
    /// request goes on with its settled steps. Doing it twice does it once.
    ///
    /// Call it before the first request is accepted.
    /// - Parameters:
    ///   - report: the isolation report to store, as JSON: nothing is known of these runs.
    ///   - responding: makes the answer of one such run; 503 with the code `interrupted`.
    public func recover(
        report: @escaping @Sendable (_ hold: Hold) -> [UInt8] = { _ in Array("{}".utf8) },
        responding: @escaping @Sendable (_ hold: Hold, _ usage: SkillUsage, _ receipt: String) -> StoredOutcome
    ) async throws(StoreError) -> RecoveryReport {
        let leftover = journal.leftover
        let holds = leftover.holds
        var interrupted: [SkillUsage.ID] = []
        var failed: [RecoveryReport.Failure] = []
        for start in stride(from: 0, to: holds.count, by: 256) {
            let batch = holds[start..<min(start + 256, holds.count)]
            let settled = try await store.settled(among: batch.map(\.id))
            let results = await withTaskGroup(of: (SkillUsage.ID, Result<Bool, MeterError>).self) { group in
                for hold in batch {
                    group.addTask {
                        guard !settled.contains(hold.id) else { return (hold.id, .success(false)) }
                        do throws(MeterError) {
                            let isNew = try await self.recordInterrupted(hold, report(hold), responding)
                            return (hold.id, .success(isNew))
                        } catch {
                            return (hold.id, .failure(error))
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            for (id, result) in results {
                switch result {
                case .success(let isNew):
                    journal.close(id)
                    if isNew { interrupted.append(id) }
                case .failure(let error): failed.append(RecoveryReport.Failure(id: id, error: error))
                }
            }
        }
        journal.dropLeftover()
        return RecoveryReport(
            interrupted: interrupted, failed: failed, damagedLines: leftover.damagedLines, keptJournal: leftover.keptAs)
    }

    private func recordInterrupted(
        _ hold: Hold, _ report: [UInt8], _ responding: @escaping @Sendable (Hold, SkillUsage, String) -> StoredOutcome
    ) async throws(MeterError) -> Bool {
        let usage = SkillUsage(
            id: hold.id, purchaseID: hold.purchaseID, skillID: hold.skillID, agentID: hold.buyerID,
            endpoint: hold.endpoint, requestSize: hold.requestSize, responseSize: 0, durationMilliseconds: 0,
            cpuTimeMilliseconds: 0, peakMemoryBytes: 0, units: 0, cost: .zero(hold.amount.currency),
            verdict: "launch_failed",
            timestamp: hold.createdAt)
        let settlement: Settlement
        do {
            settlement = try Settlement(
                usage: usage, sellerID: hold.sellerID, countsUse: false, requestHash: hold.requestHash,
                responseHash: BodyHash(of: []), report: report,
                idempotency: hold.isWorkflow ? nil : hold.idempotency, answeredAt: .now,
                workflow: hold.step.map(WorkflowRecord.step)
            ) { receipt in responding(hold, usage, receipt) }
        } catch {
            throw .store(.refused(error.description))
        }
        do {
            return try await !store.settle(settlement, onCommit: { _ in }).alreadySettled
        } catch {
            throw .store(error)
        }
    }
}
