import Fields
import MarketCore

extension OpenAPIOperation {
    private static let skillReviews = "/api/v1/skills/{skill}/reviews"
    private static let noReview = (404, "There is no such skill, or no such review of it")
    private static let notOperator = (403, "Not the operator key")
    private static let one: [(status: Int, type: String, schema: JSONValue)] = [
        (200, "application/json", object(["review": ref("Review")]))
    ]
    private static let stars: JSONValue = ["type": "integer", "minimum": 1, "maximum": 5]
    private static let text: JSONValue = ["type": "string", "maxLength": .number(Review.textBytesMax)]
    private static let reason = (
        type: "application/json",
        schema: request(["reason": ["type": "string", "minLength": 1, "maxLength": 500]])
    )

    /// What buyers say of skills, and what becomes of it.
    static let reviews = [
        OpenAPIOperation(
            method: "get", path: skillReviews, id: "listReviews", summary: "List what buyers say of a skill",
            security: .none,
            parameters: [
                Parameter(
                    name: "sort", place: "query", description: "newest unless given",
                    schema: ["enum": ["newest", "helpful"]])
            ] + page,
            success: [
                (200, "application/json", object(["items": list(of: "Review"), "pagination": ref("Pagination")]))
            ],
            problems: [(400, "A parameter is wrong"), (404, "There is no such skill")]),
        OpenAPIOperation(
            method: "post", path: skillReviews, id: "writeReview",
            summary: "Review a skill that the caller bought and ran, in the version that it ran last",
            body: ("application/json", request(["stars": stars, "text?": text])),
            success: [(201, "application/json", object(["review": ref("Review")]))],
            problems: [
                (400, "The body is not JSON"), unauthorized,
                (403, "The caller did not run it with success under a licence, or belongs to its seller"),
                (404, "There is no such skill"), (409, "The caller reviewed that version before"),
                (413, "The body is too large"), (422, "A field is wrong"),
                (503, "The disk is nearly full, or the database cannot work"),
            ]),
        OpenAPIOperation(
            method: "patch", path: "\(skillReviews)/{review}", id: "editReview", summary: "Change an own review",
            body: ("application/json", request(["stars?": stars, "text?": text])), success: one,
            problems: [
                (400, "The body is not JSON"), unauthorized, (403, "The review is another agent's"), noReview,
                (413, "The body is too large"), (422, "A field is wrong, or none is given"),
            ]),
        OpenAPIOperation(
            method: "put", path: "\(skillReviews)/{review}/reply", id: "replyToReview",
            summary: "Reply to a review of an own skill, or change the reply",
            body: (
                "application/json",
                request([
                    "text": ["type": "string", "minLength": 1, "maxLength": .number(Review.textBytesMax)]
                ])
            ), success: one,
            problems: [
                (400, "The body is not JSON"), unauthorized, (403, "The skill is another agent's"), noReview,
                (413, "The body is too large"), (422, "The text is wrong"),
            ]),
        OpenAPIOperation(
            method: "put", path: "\(skillReviews)/{review}/helpful", id: "markHelpful",
            summary: "Say that a review of a skill that the caller ran is helpful", success: one,
            problems: [
                unauthorized, (403, "The caller did not run the skill, sells it, or wrote the review"), noReview,
            ]),
        OpenAPIOperation(
            method: "delete", path: "\(skillReviews)/{review}/helpful", id: "unmarkHelpful",
            summary: "Take that back", success: one,
            problems: [unauthorized, (403, "The caller wrote the review"), noReview]),
        OpenAPIOperation(
            method: "post", path: "\(skillReviews)/{review}/report", id: "reportReview",
            summary: "Ask the operator to look at a review", body: reason,
            success: [
                (
                    200, "application/json",
                    object(["reviewId": ["type": "string", "format": "uuid"], "reported": ["const": true]])
                )
            ],
            problems: [
                (400, "The body is not JSON"), unauthorized, (403, "The caller wrote the review"), noReview,
                (413, "The body is too large"), (422, "The reason is wrong"),
                (503, "The disk is nearly full, or the database cannot work"),
            ]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/agents/{agent}/reputation", id: "showReputation",
            summary: "Show the terms of an agent's reputation", security: .none,
            success: [(200, "application/json", ref("Reputation"))], problems: [(404, "There is no such agent")]),
    ]

    /// What the operator does about reviews and reputations.
    static let reviewAdmin = [
        OpenAPIOperation(
            method: "get", path: "/api/v1/admin/reviews", id: "listReportedReviews",
            summary: "List reviews that were reported and not settled, the longest waiting first", security: .operator,
            parameters: page,
            success: [
                (
                    200, "application/json",
                    object(["items": list(of: "ReportedReview"), "pagination": ref("Pagination")])
                )
            ], problems: [(400, "A parameter is wrong"), unauthorized, notOperator]),
        OpenAPIOperation(
            method: "post", path: "/api/v1/admin/reviews/{review}/remove", id: "removeReview",
            summary: "Remove a review; its seller's reputation no longer counts it", security: .operator, body: reason,
            success: one,
            problems: [
                (400, "The body is not JSON"), unauthorized, notOperator, (404, "There is no such review"),
                (413, "The body is too large"), (422, "The reason is wrong"),
            ]),
        OpenAPIOperation(
            method: "post", path: "/api/v1/admin/reviews/{review}/keep", id: "keepReview",
            summary: "Settle the reports of a review, which stays", security: .operator, success: one,
            problems: [unauthorized, notOperator, (404, "There is no such review")]),
        OpenAPIOperation(
            method: "post", path: "/api/v1/admin/reputation/recount", id: "recountReputations",
            summary: "Recompute every reputation and rating, and set what differs", security: .operator,
            success: [
                (
                    200, "application/json",
                    object([
                        "sellers": ["type": "integer", "minimum": 0],
                        "differing": ["type": "array", "items": ["type": "string", "format": "uuid"]],
                    ])
                )
            ], problems: [unauthorized, notOperator]),
    ]
}
