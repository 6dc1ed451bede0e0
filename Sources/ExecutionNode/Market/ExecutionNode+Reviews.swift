import Fields
public import MarketCore

extension ExecutionNode {
    /// Reviews a skill that the caller bought and ran, in the version that it ran last.
    /// - Throws: ``NodeError`` 403 `review_not_allowed` without a run that ended `ok` under a licence, or for the seller
    ///   and whoever shares its wallet; 409 `review_exists` when that version was reviewed.
    public func review(
        _ name: String, _ request: ReviewRequest, by reviewer: Agent.ID
    ) async throws(NodeError) -> Review {
        try requireSpace()
        let skill = try await skills.skill(name)
        let version = try await versionRun(of: skill, by: reviewer, to: "review")
        let now = Timestamp.now
        let review = Review(
            id: .new(at: now), skillID: skill.id, version: version, reviewerID: reviewer, sellerID: skill.agentID,
            stars: request.stars ?? Review.starsRange.upperBound, text: request.text ?? "", createdAt: now)
        do throws(StoreError) {
            try await store.insert(review: review)
        } catch {
            guard case .conflict = error else { throw NodeError(error) }
            throw NodeError(
                status: 409, code: "review_exists",
                detail: "You reviewed \(skill.name) \(version) before; change that review with PATCH instead.",
                fields: ["version": .string(version.description)])
        }
        try await refreshReputations()
        return review
    }

    /// Changes stars or text of the caller's own review.
    public func editReview(
        _ id: String, of name: String, _ request: ReviewRequest, by reviewer: Agent.ID
    ) async throws(NodeError) -> Review {
        let (_, review) = try await review(id, of: name)
        guard review.reviewerID == reviewer else {
            throw NodeError(
                status: 403, code: "not_the_reviewer",
                detail: "The review is another agent's; only that agent edits it.")
        }
        let edited = try await inStore { () throws(StoreError) in
            try await store.edit(
                review: review.id, stars: request.stars ?? review.stars, text: request.text ?? review.text, at: .now)
        }
        try await refreshReputations()
        return edited
    }

    /// Sets the seller's one reply to a review, or changes it.
    public func replyToReview(
        _ id: String, of name: String, text: String, by seller: Agent.ID
    ) async throws(NodeError) -> Review {
        let (skill, review) = try await review(id, of: name)
        guard skill.agentID == seller else {
            throw NodeError(
                status: 403, code: "not_the_owner", detail: "\(skill.name) is another agent's; its seller replies.")
        }
        let replied = try await inStore { () throws(StoreError) in
            try await store.reply(to: review.id, text: text, at: .now)
        }
        try await refreshReputations()
        return replied
    }

    /// Notes, or takes back, that a buyer of the skill found a review helpful.
    public func setHelpful(
        _ id: String, of name: String, _ isHelpful: Bool, by agent: Agent.ID
    ) async throws(NodeError) -> Review {
        let (skill, review) = try await review(id, of: name)
        guard review.reviewerID != agent else {
            throw NodeError(
                status: 403, code: "review_not_allowed", detail: "The review is your own; others say whether it helps.")
        }
        if isHelpful { _ = try await versionRun(of: skill, by: agent, to: "judge a review of") }
        return try await inStore { () throws(StoreError) in
            try await store.setHelpful(review.id, by: agent, isHelpful, at: .now)
        }
    }

    /// Asks the operator to look at a review. An agent's first report of it counts.
    public func reportReview(
        _ id: String, of name: String, reason: String, by agent: Agent.ID
    ) async throws(NodeError) -> Review {
        try requireSpace()
        let (_, review) = try await review(id, of: name)
        guard review.reviewerID != agent else {
            throw NodeError(
                status: 403, code: "review_not_allowed", detail: "The review is your own; change it with PATCH instead."
            )
        }
        try await inStore { () throws(StoreError) in
            try await store.report(review.id, by: agent, reason: reason, at: .now)
        }
        return review
    }

    /// What buyers say of a skill; removed reviews are not among it.
    public func reviews(_ query: ReviewQuery) async throws(NodeError) -> Page<Review> {
        try await inStore { () throws(StoreError) in try await store.reviews(query) }
    }

    // MARK: For the operator

    /// Reviews that were reported and not settled, the longest waiting first.
    public func reportedReviews(page: PageRequest) async throws(NodeError) -> Page<ReportedReview> {
        try await inStore { () throws(StoreError) in try await store.reportedReviews(page: page) }
    }

    /// Settles the reports of a review.
    /// - Parameter reason: why it is removed; nil lets it stay.
    public func settleReports(ofReview id: String, removing reason: String?) async throws(NodeError) -> Review {
        guard let reviewID = Review.ID(id) else { throw .notFound("review", id) }
        let act = AuditAct(
            .operator, reason == nil ? .reviewKept : .reviewRemoved, .review(reviewID),
            reason.map { ["reason": .string($0)] } ?? [:])
        let review = try await inStore(recording: act) { () throws(StoreError) in
            try await store.settleReports(of: reviewID, removing: reason, at: .now)
        }
        if reason != nil { try await refreshReputations() }
        return review
    }

    // MARK: Steps

    /// A review of a skill that is not removed.
    private func review(_ id: String, of name: String) async throws(NodeError) -> (Skill, Review) {
        let skill = try await skills.skill(name)
        guard let reviewID = Review.ID(id) else { throw .notFound("review", id) }
        let review = try await inStore { () throws(StoreError) in try await store.review(id: reviewID, of: skill.id) }
        guard let review, review.removal == nil else { throw .notFound("review", id) }
        return (skill, review)
    }

    /// The version that somebody ran who may speak about a skill.
    private func versionRun(
        of skill: Skill, by agent: Agent.ID, to action: String
    ) async throws(NodeError) -> SemanticVersion {
        let (caller, seller) = try await inStore { () throws(StoreError) in
            (try await store.agent(id: agent), try await store.agent(id: skill.agentID))
        }
        guard agent != skill.agentID, caller?.ownerWallet != seller?.ownerWallet else {
            throw NodeError(
                status: 403, code: "review_not_allowed",
                detail: "Who sells \(skill.name), or shares its seller's wallet, may not \(action) it.")
        }
        let version = try await inStore { () throws(StoreError) in
            try await store.versionRun(of: skill.id, by: agent)
        }
        guard let version else {
            throw NodeError(
                status: 403, code: "review_not_allowed",
                detail: "Only who bought \(skill.name) and ran it once with success may \(action) it.")
        }
        return version
    }
}
