import Fields

extension OpenAPIOperation {
    private static let range = [
        Parameter(
            name: "from", place: "query", description: "The first day; 30 days back unless given",
            schema: moment),
        Parameter(
            name: "to", place: "query",
            description: "The first day that is no longer part of it; tomorrow unless given",
            schema: moment),
    ]
    private static let time: JSONValue = ["type": "string", "format": "date-time"]
    private static let count: JSONValue = ["type": "integer", "minimum": 0]

    /// Sums by day.
    static let analytics = [
        OpenAPIOperation(
            method: "get", path: "/api/v1/analytics", id: "showAnalytics",
            summary: "Show what the caller sold in whole days of UTC, at most 400, and how it ran",
            parameters: [
                Parameter(
                    name: "by", place: "query", description: "total unless given",
                    schema: ["enum": ["total", "skill", "day"]]),
                Parameter(
                    name: "skillId", place: "query", description: "Only this skill, by name or identifier",
                    schema: word(64)),
            ] + range,
            success: [
                (
                    200, "application/json",
                    object([
                        "from": time, "to": time, "items": list(of: "SalesReport"),
                        "retention": object([
                            "formerBuyers": count, "returned": count,
                            "share": ["type": ["number", "null"], "minimum": 0, "maximum": 1],
                        ]),
                    ])
                )
            ],
            problems: [
                (400, "A parameter is wrong"), unauthorized, (403, "The skill is another agent's"),
                (404, "There is no such skill"),
            ]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/admin/analytics", id: "showMarketAnalytics",
            summary: "Show what happened in the market by day or month, at most 400 days", security: .operator,
            parameters: [
                Parameter(
                    name: "by", place: "query", description: "day unless given", schema: ["enum": ["day", "month"]])
            ] + range,
            success: [
                (
                    200, "application/json",
                    object([
                        "from": time, "to": time,
                        "totals": object(["agents": count, "skills": count, "purchases": count, "runs": count]),
                        "items": list(of: "MarketReport"),
                    ])
                )
            ],
            problems: [(400, "A parameter is wrong"), unauthorized, (403, "Not the operator key")]),
    ]
}
