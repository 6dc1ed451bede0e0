import Fields

extension OpenAPIOperation {
    private static let need: JSONValue = ["enum": ["none", "declared"]]
    private static let price = word(64)
    private static let limit = [
        Parameter(
            name: "limit", place: "query", description: "1 to \(DiscoveryRoutes.recommendationsMax), else 10",
            schema: ["type": "integer", "minimum": 1, "maximum": .number(DiscoveryRoutes.recommendationsMax)])
    ]

    /// What the list of skills can be filtered and ordered by.
    static let skillFilters = [
        Parameter(name: "category", place: "query", description: "Only this category", schema: ref("Category")),
        Parameter(
            name: "sort", place: "query", description: "relevance with words, else newest, unless given",
            schema: ["enum": ["relevance", "popular", "newest", "rating"]]),
        Parameter(
            name: "search", place: "query",
            description: "Words of name, tags or description, all of them; the last may be a beginning",
            schema: word(200)),
        Parameter(name: "tag", place: "query", description: "Only with this tag", schema: word(64)),
        Parameter(
            name: "agentId", place: "query", description: "Only of this agent",
            schema: ["type": "string", "format": "uuid"]),
        Parameter(
            name: "pricing", place: "query", description: "Only with this kind of price",
            schema: ["enum": ["free", "one-time", "subscription", "usage"]]),
        Parameter(
            name: "runtime", place: "query", description: "Only of this runtime",
            schema: ["enum": ["exec", "python", "node", "workflow"]]),
        Parameter(
            name: "network", place: "query", description: "Without destinations in the network, or with", schema: need),
        Parameter(name: "secrets", place: "query", description: "Without secrets of its seller, or with", schema: need),
        Parameter(
            name: "currency", place: "query", description: "Only sold in this currency",
            schema: ["enum": ["USDC", "SOL"]]),
        Parameter(
            name: "minPrice", place: "query", description: "Whole units of currency, or of USDC; included",
            schema: price),
        Parameter(
            name: "maxPrice", place: "query", description: "Whole units of currency, or of USDC; included",
            schema: price),
        Parameter(
            name: "minRating", place: "query", description: "Stars, 1 to 5",
            schema: ["type": "integer", "minimum": 1, "maximum": 5]),
    ]

    /// Skills that nobody named.
    static let discovery = [
        OpenAPIOperation(
            method: "get", path: "/api/v1/skills/{skill}/related", id: "relatedSkills",
            summary: "List what buyers of a skill bought too, and what is like it, each with the reason",
            security: .none,
            parameters: limit,
            success: [(200, "application/json", object(["items": list(of: "Recommendation")]))],
            problems: [(400, "A parameter is wrong"), (404, "There is no such skill")]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/recommendations", id: "recommendSkills",
            summary: "List what the caller may want, by what it bought, each with the reason", parameters: limit,
            success: [(200, "application/json", object(["items": list(of: "Recommendation")]))],
            problems: [(400, "A parameter is wrong"), unauthorized]),
    ]
}
