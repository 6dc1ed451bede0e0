package import Fields
import Logging
public import MarketCore

extension ExecutionNode {
    /// Takes a report of abuse in. Any agent but the seller may report; those of agents that ran the skill count towards
    /// hiding it.
    /// - Throws: ``NodeError`` 403 for an own skill, 409 when a report of the agent on it is open.
    public func report(
        _ name: String, _ kind: AbuseReport.Kind, _ text: String, by agent: Agent.ID
    ) async throws(NodeError) -> AbuseReport {
        try requireSpace()
        let skill = try await skill(name, for: agent)
        guard skill.agentID != agent else {
            throw NodeError(status: 403, code: "own_report", detail: "\(skill.name) is yours; take it back instead.")
        }
        let now = Timestamp.now
        let report = AbuseReport(
            id: .new(at: now), skillID: skill.id, agentID: agent, kind: kind, text: text, createdAt: now)
        do throws(StoreError) {
            let (filed, hasHidden) = try await store.file(report, toHide: configuration.reportsToHide)
            if hasHidden {
                skills.forget(skill.id)
                logger.notice("reports took a skill out of sale", metadata: ["skill": .string(skill.name)])
            }
            return filed
        } catch {
            switch error {
            case .conflict:
                throw NodeError(
                    status: 409, code: "report_open",
                    detail: "Your report on \(skill.name) is open; the operator decides about it first.")
            case .refused(let reason):
                throw NodeError(
                    status: 429, code: "too_many_reports", detail: sentence(reason), retryable: true,
                    retryAfterSeconds: 3600)
            default: throw NodeError(error)
            }
        }
    }

    /// The reports on a skill: all for its seller, for others their own.
    public func reports(
        on name: String, for agent: Agent.ID, page: PageRequest
    ) async throws(NodeError) -> (page: Page<AbuseReport>, isSeller: Bool) {
        let skill = try await skill(name, for: agent)
        let isSeller = skill.agentID == agent
        let query = ReportQuery(skillID: skill.id, agentID: isSeller ? nil : agent, page: page)
        return (try await inStore { () throws(StoreError) in try await store.reports(query) }, isSeller)
    }

    /// Sets what the seller of a skill says to a report on it.
    /// - Throws: ``NodeError`` 403, 404.
    public func answerReport(
        _ id: String, on name: String, _ text: String, by agent: Agent.ID
    ) async throws(NodeError) -> AbuseReport {
        let skill = try await owned(name, agent)
        let report = try await knownReport(id)
        guard report.skillID == skill.id else { throw .notFound("report", id) }
        return try await inStore { () throws(StoreError) in try await store.answer(report.id, text, at: .now) }
    }

    /// For the operator.
    public func reports(_ query: ReportQuery) async throws(NodeError) -> Page<AbuseReport> {
        try await inStore { () throws(StoreError) in try await store.reports(query) }
    }

    /// The operator's decision. An upheld report takes the skill out of lists and sale.
    /// - Throws: ``NodeError`` 404, 409.
    public func decideReport(
        _ id: String, upheld: Bool, reason: String
    ) async throws(NodeError) -> AbuseReport {
        let report = try await knownReport(id)
        let state: AbuseReport.State = upheld ? .upheld : .dismissed
        let act = AuditAct(
            .operator, .reportDecided, .skill(report.skillID),
            ["report": .string(report.id.description), "decision": .string(state.rawValue), "reason": .string(reason)])
        defer { skills.forget(report.skillID) }
        return try await inStore(recording: act) { () throws(StoreError) in
            try await store.decide(report.id, state, reason: reason, at: .now)
        }
    }

    private func knownReport(_ text: String) async throws(NodeError) -> AbuseReport {
        guard let id = AbuseReport.ID(text) else { throw .notFound("report", text) }
        let report = try await inStore { () throws(StoreError) in try await store.report(id: id) }
        guard let report else { throw .notFound("report", text) }
        return report
    }
}

extension AbuseReport {
    /// - Parameter showsReporter: sellers do not learn who reported.
    package func json(showsReporter: Bool) -> JSONValue {
        var object: JSONObject = [
            "id": .string(id.description), "skillId": .string(skillID.description), "kind": .string(kind.rawValue),
            "text": .string(text), "state": .string(state.rawValue), "answer": .optional(answer),
            "answeredAt": .optional(answeredAt?.description), "decision": .optional(decision),
            "decidedAt": .optional(decidedAt?.description), "createdAt": .string(createdAt.description),
        ]
        if showsReporter {
            object["agentId"] = .string(agentID.description)
            object["counts"] = .bool(counts)
        }
        return .object(object)
    }
}
