/// Where reviews are kept. Removed ones are kept too, and shown to nobody but the operator.
public protocol ReviewStore: Sendable {
    /// The version that the agent's last run of a skill under a licence was of that ended `ok`; nil when there is none.
    func versionRun(of skill: Skill.ID, by agent: Agent.ID) async throws(StoreError) -> SemanticVersion?

    /// - Throws: ``StoreError/conflict(field:)`` with `review` when that buyer reviewed that version before.
    func insert(review: Review) async throws(StoreError)

    /// Nil when there is none, or none of that skill.
    func review(id: Review.ID, of skill: Skill.ID) async throws(StoreError) -> Review?

    /// Changes stars and text of a review that is not removed.
    /// - Throws: ``StoreError/missing(_:)`` with `review`.
    func edit(
        review: Review.ID, stars: Int64, text: String, at time: Timestamp
    ) async throws(StoreError) -> Review

    /// Sets the seller's reply, or changes it.
    /// - Throws: ``StoreError/missing(_:)`` with `review`.
    func reply(to review: Review.ID, text: String, at time: Timestamp) async throws(StoreError) -> Review

    /// The reviews of a skill that are not removed.
    func reviews(_ query: ReviewQuery) async throws(StoreError) -> Page<Review>

    /// Notes, or takes back, that an agent found a review helpful.
    /// - Throws: ``StoreError/missing(_:)`` with `review`.
    func setHelpful(
        _ review: Review.ID, by agent: Agent.ID, _ isHelpful: Bool, at time: Timestamp
    ) async throws(StoreError) -> Review

    /// Notes that an agent reports a review; its first report stays.
    func report(
        _ review: Review.ID, by agent: Agent.ID, reason: String, at time: Timestamp
    ) async throws(StoreError)

    /// Reviews with reports that the operator has not settled, the longest waiting first.
    func reportedReviews(page: PageRequest) async throws(StoreError) -> Page<ReportedReview>

    /// Settles all reports of a review: it stays without a reason, and is removed with one.
    /// - Throws: ``StoreError/missing(_:)`` with `review`.
    func settleReports(
        of review: Review.ID, removing reason: String?, at time: Timestamp
    ) async throws(StoreError) -> Review
}
