import ExecutionNode
import Fields
import HTTPTypes
import MarketCore

/// What buyers say of skills, and what becomes of it: replies, votes, reports, reputations.
struct ReviewRoutes {
    let node: ExecutionNode
    let operatorKey: OperatorKey

    private static let bodyBytesMax = 32 << 10
    private static let reasonBytesMax = 500

    var routes: [Route] {
        let skill = "/api/v1/skills/{skill}/reviews"
        return [
            Route(.get, skill, list),
            Route(.post, skill, scopes: .publish, write),
            Route(.patch, "\(skill)/{review}", scopes: .publish, edit),
            Route(.put, "\(skill)/{review}/reply", scopes: .publish, reply),
            Route(.put, "\(skill)/{review}/helpful", scopes: .publish) { try await setHelpful($0, true) },
            Route(.delete, "\(skill)/{review}/helpful", scopes: .publish) { try await setHelpful($0, false) },
            Route(.post, "\(skill)/{review}/report", scopes: .publish, report),
            Route(.get, "/api/v1/agents/{agent}/reputation", reputation),
            Route(.get, "/api/v1/admin/reviews", listReported),
            Route(.post, "/api/v1/admin/reviews/{review}/remove", remove),
            Route(.post, "/api/v1/admin/reviews/{review}/keep", keep),
            Route(.post, "/api/v1/admin/reputation/recount", recount),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Reply {
        var query = try call.query()
        let sort = try query.enumeration("sort", as: ReviewQuery.Sort.self) ?? .newest
        let page = try query.page()
        try query.finish()
        let skill = try await node.skill(call.parameter("skill"))
        let reviews = try await node.reviews(ReviewQuery(skillID: skill.id, sort: sort, page: page))
        return .json(reviews.json("items", limit: page.limit) { $0.json })
    }

    @Sendable private func write(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let fields = try call.fields(try await call.body(bytesMax: Self.bodyBytesMax))
        let request = try ReviewRequest(fields, isNew: true)
        let review = try await node.review(call.parameter("skill"), request, by: agent)
        return .json(["review": review.json], status: 201)
            .with(.location, "/api/v1/skills/\(review.skillID)/reviews/\(review.id)")
    }

    @Sendable private func edit(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let fields = try call.fields(try await call.body(bytesMax: Self.bodyBytesMax))
        let request = try ReviewRequest(fields, isNew: false)
        let review = try await node.editReview(
            call.parameter("review"), of: call.parameter("skill"), request, by: agent)
        return .json(["review": review.json])
    }

    @Sendable private func reply(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let fields = try call.fields(try await call.body(bytesMax: Self.bodyBytesMax))
        let text = try fields.prose("text", maxBytes: Review.textBytesMax)
        try fields.finish()
        let review = try await node.replyToReview(
            call.parameter("review"), of: call.parameter("skill"), text: text, by: agent)
        return .json(["review": review.json])
    }

    private func setHelpful(_ call: Call, _ isHelpful: Bool) async throws -> Reply {
        let agent = try call.caller(node)
        let review = try await node.setHelpful(
            call.parameter("review"), of: call.parameter("skill"), isHelpful, by: agent)
        return .json(["review": review.json])
    }

    @Sendable private func report(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let reason = try await reason(of: call)
        let review = try await node.reportReview(
            call.parameter("review"), of: call.parameter("skill"), reason: reason, by: agent)
        return .json(["reviewId": .string(review.id.description), "reported": true])
    }

    @Sendable private func reputation(_ call: Call) async throws -> Reply {
        try call.query().finish()
        let agent = try await node.agent(call.parameter("agent"))
        return .json(try await node.reputation(of: agent.id).json)
    }

    // MARK: Operator

    @Sendable private func listReported(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        var query = try call.query()
        let page = try query.page()
        try query.finish()
        return .json(try await node.reportedReviews(page: page).json("items", limit: page.limit) { $0.json })
    }

    @Sendable private func remove(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        let reason = try await reason(of: call)
        return .json(["review": try await node.settleReports(ofReview: call.parameter("review"), removing: reason).json]
        )
    }

    @Sendable private func keep(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        return .json(["review": try await node.settleReports(ofReview: call.parameter("review"), removing: nil).json])
    }

    @Sendable private func recount(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        let recount = try await node.recountReputations()
        return .json([
            "sellers": .number(recount.sellers),
            "differing": .array(recount.differing.map { .string($0.description) }),
        ])
    }

    private func reason(of call: Call) async throws -> String {
        let fields = try call.fields(try await call.body(bytesMax: Self.bodyBytesMax))
        let reason = try fields.prose("reason", maxBytes: Self.reasonBytesMax)
        try fields.finish()
        return reason
    }
}
