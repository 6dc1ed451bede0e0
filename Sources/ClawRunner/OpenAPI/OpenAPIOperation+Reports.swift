import Fields
import MarketCore

extension OpenAPIOperation {
    private static let answer = object(["report": ref("AbuseReport")])
    private static let badBody = (400, "The body is empty or not JSON")
    private static let noReport = (404, "There is no such skill or report")
    private static let tooLarge = (413, "The body is too large")
    private static let badField = (422, "A field is wrong")
    private static let notOperator = (403, "Not the operator key")
    private static let reportList = object(["items": list(of: "AbuseReport"), "pagination": ref("Pagination")])

    static let reports = [
        OpenAPIOperation(
            method: "post", path: "/api/v1/skills/{skill}/reports", id: "fileReport",
            summary: "Report a skill to the operator",
            body: ("application/json", ref("ReportRequest")), success: [(201, "application/json", answer)],
            problems: [
                badBody, (403, "The skill is the caller's own"), (404, "There is no such skill"),
                (409, "A report of the caller on it is open"), tooLarge, badField,
                (429, "Too many requests, or too many open reports of the caller"),
                (503, "The disk is nearly full, or the database cannot work"),
            ]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/skills/{skill}/reports", id: "listReports",
            summary: "List the reports on an own skill, or the caller's own on another's, newest first",
            parameters: page, success: [(200, "application/json", reportList)],
            problems: [(400, "A parameter is wrong"), (404, "There is no such skill")]),
        OpenAPIOperation(
            method: "put", path: "/api/v1/skills/{skill}/reports/{report}/answer", id: "answerReport",
            summary: "Answer a report on an own skill",
            body: ("application/json", ref("ReportAnswer")), success: [(200, "application/json", answer)],
            problems: [
                badBody, (403, "The skill is another agent's"), noReport, tooLarge, badField,
            ]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/admin/reports", id: "listAllReports",
            summary: "List reports of abuse, newest first", security: .operator,
            parameters: [
                Parameter(
                    name: "state", place: "query", description: "Only in this state",
                    schema: ["enum": .array(AbuseReport.State.allCases.map { .string($0.rawValue) })]),
                Parameter(name: "skillId", place: "query", description: "Only on this skill"),
            ] + page, success: [(200, "application/json", reportList)],
            problems: [(400, "A parameter is wrong"), notOperator, (404, "There is no such skill")]),
        OpenAPIOperation(
            method: "post", path: "/api/v1/admin/reports/{report}", id: "decideReport",
            summary: "Uphold or dismiss a report; upheld, it takes the skill out of lists and sale",
            security: .operator,
            body: ("application/json", ref("ReportDecision")), success: [(200, "application/json", answer)],
            problems: [
                badBody, notOperator, (404, "There is no such report"),
                (409, "It was decided before"), tooLarge, badField,
            ]),
    ]

    static let abuseReport = object([
        "id": ["type": "string", "format": "uuid"], "skillId": ["type": "string", "format": "uuid"],
        "kind": ["enum": .array(AbuseReport.Kind.allCases.map { .string($0.rawValue) })], "text": ["type": "string"],
        "state": ["enum": ["open", "upheld", "dismissed"]], "answer": ["type": ["string", "null"]],
        "answeredAt": ["type": ["string", "null"]], "decision": ["type": ["string", "null"]],
        "decidedAt": ["type": ["string", "null"]], "createdAt": ["type": "string", "format": "date-time"],
        "agentId?": ["type": "string", "description": "Who reported; not for the seller"],
        "counts?": ["type": "boolean", "description": "Towards hiding the skill"],
    ])
}
