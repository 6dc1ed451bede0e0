/// Where reports of abuse are kept.
public protocol ReportStore: Sendable {
    /// Adds a report, finds out whether it counts, and hides the skill once `toHide` open reports count; zero never does.
    /// - Returns: the report, and whether it hid the skill.
    /// - Throws: ``StoreError/conflict(field:)`` with `report` when the agent has an open one on the skill;
    ///   ``StoreError/refused(_:)`` when it has ``openMax`` open ones.
    func file(
        _ report: AbuseReport, toHide: Int
    ) async throws(StoreError) -> (report: AbuseReport, hasHidden: Bool)

    func report(id: AbuseReport.ID) async throws(StoreError) -> AbuseReport?

    /// The newest first.
    func reports(_ query: ReportQuery) async throws(StoreError) -> Page<AbuseReport>

    /// Sets what the seller says. A later answer replaces the text; the time stays the first one's.
    /// - Throws: ``StoreError/missing(_:)`` with `report`.
    func answer(_ report: AbuseReport.ID, _ text: String, at time: Timestamp) async throws(StoreError) -> AbuseReport

    /// Decides an open report. An upheld one hides the skill; when the last that counts is dismissed, a skill that
    /// reports hid is shown again.
    /// - Throws: ``StoreError/missing(_:)`` with `report`; ``StoreError/refused(_:)`` when it was decided before.
    func decide(
        _ report: AbuseReport.ID, _ state: AbuseReport.State, reason: String, at time: Timestamp
    ) async throws(StoreError) -> AbuseReport
}

extension ReportStore {
    /// Open reports of one agent.
    public static var openMax: Int { 20 }
}
