import Fields

extension OpenAPIOperation {
    /// Every operation of the API, in the order in which a reader meets them.
    static let all: [OpenAPIOperation] =
        agents + agentChanges + keys + skills + versions + reports + secrets + discovery + reviews + marketplace
        + purchases + budgets + execution + records
        + analytics + admin + reviewAdmin + controls + versionReviews + audit + system

    /// A text of a query; empty is the same as absent.
    static func word(_ most: Int) -> JSONValue {
        ["type": "string", "maxLength": .number(most), "pattern": "^[^\\u0000]*$"]
    }
    private static let uuid: JSONValue = ["type": "string", "format": "uuid"]
    static let moment: JSONValue = ["type": "string", "format": "date-time", "maxLength": 40]

    static let unauthorized = (401, "The API key is missing, mistyped, unknown, revoked or expired")
    static let page = [
        Parameter(
            name: "limit", place: "query", description: "Items of a page, 1 to 200, else 50",
            schema: ["type": "integer", "minimum": 1, "maximum": 200]),
        Parameter(
            name: "cursor", place: "query", description: "The nextCursor of the page before", schema: word(1024)),
    ]
    private static let tokens = [
        Parameter(name: "X-Purchase-Token", place: "header", description: "The token of a purchase"),
        Parameter(name: "X-License-Token", place: "header", description: "The same, by its other name"),
    ]
    static let idempotencyKey = Parameter(
        name: "Idempotency-Key", place: "header",
        description: "1 to 255 visible ASCII characters; the same key with the same body gets the same answer for 48 h",
        schema: ["type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-\\[\\]-~]+$"])

    private static let prefer = Parameter(
        name: "Prefer", place: "header",
        description:
            "RFC 7240: wait=SECONDS is the longest to wait for a sandbox, then 503 overloaded; respond-async answers 202 at once"
    )

    private static let accept = Parameter(
        name: "Accept", place: "header",
        description: "text/event-stream: an event whenever the run comes further, until it is over")

    private static let agents = [
        OpenAPIOperation(
            method: "post", path: "/api/v1/agents/register", id: "registerAgent",
            summary: "Register an agent; its API key is shown this once", security: .none,
            body: ("application/json", ref("Registration")),
            success: [(201, "application/json", object(["agent": ref("Agent"), "apiKey": ["type": "string"]]))],
            problems: [(400, "The body is not JSON"), (409, "The name is taken"), (422, "A field is wrong")],
            headers: ["Cache-Control"]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/agents", id: "listAgents", summary: "List agents by name", security: .none,
            parameters: [
                Parameter(
                    name: "search", place: "query", description: "A part of name or description", schema: word(200))
            ]
                + page,
            success: [
                (200, "application/json", object(["agents": list(of: "Agent"), "pagination": ref("Pagination")]))
            ],
            problems: [(400, "A parameter is wrong")]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/agents/{agent}", id: "showAgent", summary: "Show an agent and its skills",
            security: .none,
            success: [
                (
                    200, "application/json",
                    object(["agent": ref("Agent"), "skills": list(of: "Skill"), "stats": ref("AgentStats")])
                )
            ],
            problems: [(404, "There is no such agent")], isTagged: true),
    ]

    private static let skills = [
        OpenAPIOperation(
            method: "post", path: "/api/v1/packages", id: "uploadPackage",
            summary: "Upload a package: a .tar.gz with skill.toml at its top",
            body: ("application/gzip", ["type": "string", "format": "binary"]),
            success: [(201, "application/json", ref("Package")), (200, "application/json", ref("Package"))],
            problems: [
                (400, "Not a .tar.gz archive"), (403, "Another agent uploaded the same files"),
                (413, "The archive or what is in it is too large"), (422, "An entry or skill.toml is not accepted"),
            ]),
        OpenAPIOperation(
            method: "post", path: "/api/v1/skills", id: "publishSkill",
            summary: "Publish an uploaded package or a repository as a skill, or as a new version of one",
            parameters: [reviewWait], body: ("application/json", ref("Publication")),
            success: [
                (201, "application/json", published), (200, "application/json", published),
            ],
            problems: [
                (403, "The package is another agent's"), (404, "There is no such package"),
                (409, "The name or the version is taken"),
                (413, "The repository is too large"),
                (
                    422,
                    "A field differs from skill.toml, the profile does not allow it, its number is raised too little, a "
                        + "test failed, the review rejects it, or the repository cannot be fetched"
                ),
                (429, "Too many requests, or too many of the caller's versions wait for their review"),
                (503, "The platform cannot do it now"),
            ], headers: ["Location"]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/skills", id: "listSkills", summary: "List published skills", security: .none,
            parameters: skillFilters + page,
            success: [
                (200, "application/json", object(["skills": list(of: "Skill"), "pagination": ref("Pagination")]))
            ],
            problems: [(400, "A parameter is wrong")]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/skills/{skill}", id: "showSkill", summary: "Show a skill", security: .none,
            success: [
                (
                    200, "application/json",
                    object([
                        "skill": ref("Skill"), "reviews": list(of: "Review"), "examples": ["type": "array"],
                        "documentation": [
                            "type": ["object", "null"],
                            "properties": [
                                "path": ["type": "string"], "text": ["type": "string"],
                                "truncated": ["type": "boolean"],
                            ],
                        ], "deploymentUrl": ["type": "string"],
                    ])
                )
            ],
            problems: [(404, "There is no such skill")], isTagged: true),
    ]

    private static let published = object([
        "skill": ref("Skill"), "version": ref("SkillVersion"), "deploymentUrl": ["type": "string"],
    ])

    private static let notTheOwner = (403, "The skill is another agent's")

    private static let secrets = [
        OpenAPIOperation(
            method: "get", path: "/api/v1/skills/{skill}/secrets", id: "listSecrets",
            summary: "List the secrets that an own skill declares, and whether they are set; never a value",
            success: [(200, "application/json", object(["items": list(of: "Secret")]))],
            problems: [notTheOwner, (404, "There is no such skill")]),
        OpenAPIOperation(
            method: "put", path: "/api/v1/skills/{skill}/secrets/{name}", id: "setSecret",
            summary: "Set a secret of an own skill; it is stored encrypted",
            body: ("application/json", ref("SecretValue")),
            success: [
                (200, "application/json", object(["name": ["type": "string"], "set": ["const": true]]))
            ],
            problems: [
                notTheOwner, (404, "There is no such skill, or it declares no such secret"),
                (413, "The body is too large"), (422, "The value is empty or too long"),
            ]),
        OpenAPIOperation(
            method: "delete", path: "/api/v1/skills/{skill}/secrets/{name}", id: "removeSecret",
            summary: "Remove a secret of an own skill; its calls are refused until it is set again",
            success: [
                (200, "application/json", object(["name": ["type": "string"], "set": ["const": false]]))
            ],
            problems: [notTheOwner, (404, "There is no such skill, or the secret is not set")]),
    ]

    private static let marketplace = [
        OpenAPIOperation(
            method: "post", path: "/api/v1/marketplace/purchase", id: "purchase",
            summary: "Buy a licence from the prepaid balance", parameters: [idempotencyKey],
            body: ("application/json", ref("PurchaseRequest")),
            success: [
                (
                    201, "application/json",
                    object([
                        "purchase": ref("Purchase"), "capabilities": ref("Capabilities"),
                        "purchaseToken": ["type": "string"],
                        "paymentUrl": ["type": ["string", "null"]],
                    ])
                )
            ],
            problems: [
                (402, "The balance or a budget is too small, or the price above maxPrice"),
                (404, "There is no such skill"), (409, "The skill is the buyer's own, or the key is in flight"),
                (422, "A field is wrong, or the key was used with another body"),
                (429, "Too many requests, or too many answers are stored for the keys of this agent"),
                (503, "The disk is nearly full, or the database cannot work"),
            ], headers: ["Idempotent-Replayed", "Cache-Control"]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/marketplace/verify/{skill}", id: "verifyLicense",
            summary: "Say whether the caller may run a skill", parameters: tokens,
            success: [
                (
                    200, "application/json",
                    ref("Verification")
                )
            ],
            problems: [(404, "There is no such skill")]),
    ]

    private static let purchases: [OpenAPIOperation] =
        [
            OpenAPIOperation(
                method: "get", path: "/api/v1/purchases", id: "listPurchases",
                summary: "List what the caller bought or sold, newest first",
                parameters: [
                    role,
                    Parameter(
                        name: "skillId", place: "query", description: "Only of this skill, by name or identifier",
                        schema: word(64)),
                    Parameter(
                        name: "status", place: "query", description: "Only of this status",
                        schema: ["enum": ["pending", "completed", "refunded"]]),
                ] + page,
                success: [
                    (
                        200, "application/json",
                        object(["items": list(of: "Purchase"), "pagination": ref("Pagination")])
                    )
                ],
                problems: [(400, "A parameter is wrong"), (404, "There is no such skill")]),
            OpenAPIOperation(
                method: "get", path: "/api/v1/purchases/{purchase}", id: "showPurchase",
                summary: "Show a purchase with its upgrades, what was paid and given back, to its buyer and its seller",
                success: [
                    (
                        200, "application/json",
                        object([
                            "purchase": ref("Purchase"), "payments": list(of: "Payment"),
                            "upgrades": list(of: "Upgrade"), "refunds": list(of: "Refund"),
                        ])
                    )
                ],
                problems: [(404, "There is no such purchase, or it is not the caller's")]),
        ]
        + [("cancel", "Let a subscription end with its paid time"), ("resume", "Let a cancelled subscription go on")]
        .map { action, summary in
            OpenAPIOperation(
                method: "post", path: "/api/v1/purchases/{purchase}/\(action)", id: "\(action)Subscription",
                summary: summary, success: [(200, "application/json", object(["purchase": ref("Purchase")]))],
                problems: [
                    (403, "Only the buyer may do this"), (404, "There is no such purchase"),
                    (409, "It is no subscription, or it has ended"),
                ])
        }
        + [
            OpenAPIOperation(
                method: "post", path: "/api/v1/purchases/{purchase}/token", id: "reissueToken",
                summary: "Get a new token of a purchase, with the end of its paid time as it is now",
                success: [
                    (
                        200, "application/json",
                        object(["purchase": ref("Purchase"), "purchaseToken": ["type": "string"]])
                    )
                ],
                problems: [
                    (403, "Only the buyer may do this"), (404, "There is no such purchase"),
                    (409, "The licence has ended"),
                ], headers: ["Cache-Control"]),
            upgradePurchase,
            refund(
                "purchases/{purchase}", "refundPurchase",
                "Give back what was paid for a licence's present time, or a part of it"),
            refund("executions/{execution}", "refundExecution", "Give back what a run cost, or a part of it"),
        ]

    private static let role = Parameter(
        name: "role", place: "query", description: "buyer, the default, or seller",
        schema: ["enum": ["buyer", "seller"]])

    private static func refund(
        _ path: String, _ id: String, _ summary: String, security: Security = .agent
    ) -> OpenAPIOperation {
        OpenAPIOperation(
            method: "post", path: "/api/v1/\(path)/refund", id: id, summary: summary, security: security,
            parameters: [idempotencyKey], body: ("application/json", ref("RefundRequest")),
            success: [
                (
                    201, "application/json",
                    object(["refund": ref("Refund"), "refunds": list(of: "Refund"), "purchase": ref("Purchase")])
                )
            ],
            problems: [
                (402, "The seller has not enough to give back"),
                (403, security == .operator ? "Not the operator key" : "Only the seller may do this"),
                (404, "There is no such purchase or run"), (409, "Nothing was paid, or all of it was given back"),
                (422, "A field is wrong, or the amount is more than is left"),
            ], headers: ["Idempotent-Replayed"])
    }

    private static let budgets = [
        OpenAPIOperation(
            method: "get", path: "/api/v1/budgets", id: "listBudgets",
            summary: "List own budgets with what is spent, held and left",
            success: [(200, "application/json", object(["items": list(of: "Budget")]))]),
        OpenAPIOperation(
            method: "put", path: "/api/v1/budgets", id: "setBudget",
            summary: "Set the most to spend in a day or a month, in all or under one licence",
            body: ("application/json", ref("BudgetRequest")),
            success: [(200, "application/json", object(["items": list(of: "Budget")]))],
            problems: [(404, "There is no such purchase"), (422, "A field is wrong")]),
        OpenAPIOperation(
            method: "delete", path: "/api/v1/budgets", id: "dropBudget", summary: "Drop a budget",
            parameters: [
                Parameter(
                    name: "period", place: "query", description: "day or month", required: true,
                    schema: ["enum": ["day", "month"]]),
                Parameter(
                    name: "purchaseId", place: "query", description: "The licence; without it the agent's own",
                    schema: word(64)),
                Parameter(
                    name: "currency", place: "query", description: "USDC unless given",
                    schema: OpenAPIRequests.currency),
            ],
            success: [(200, "application/json", object(["items": list(of: "Budget")]))],
            problems: [
                (400, "A parameter is missing or wrong"), (404, "There is no such purchase"),
                (422, "The licence is paid in another currency"),
            ]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/top-ups", id: "listTopUps",
            summary: "List own standing orders to be topped up",
            success: [(200, "application/json", object(["items": list(of: "TopUp")]))]),
        OpenAPIOperation(
            method: "put", path: "/api/v1/top-ups", id: "setTopUp",
            summary: "Have a payment asked for whenever the balance is below a threshold",
            body: ("application/json", ref("TopUpRequest")),
            success: [(200, "application/json", object(["items": list(of: "TopUp")]))],
            problems: [(409, "This node asks for no payments"), (422, "A field is wrong")]),
        OpenAPIOperation(
            method: "delete", path: "/api/v1/top-ups", id: "dropTopUp", summary: "Ask for no more payments",
            parameters: [
                Parameter(
                    name: "currency", place: "query", description: "USDC unless given",
                    schema: OpenAPIRequests.currency)
            ],
            success: [(200, "application/json", object(["items": list(of: "TopUp")]))],
            problems: [(400, "A parameter is wrong"), unauthorized]),
    ]

    private static let execution =
        ["/api/v1/skills/{skill}/execute", "/skills/{skill}/execute"].map { path in
            OpenAPIOperation(
                method: "post", path: path, id: path.hasPrefix("/api") ? "execute" : "executeShort",
                summary: "Run a skill in a sandbox and book the run; the reply comes after the booking",
                parameters: tokens + [idempotencyKey, prefer, accept],
                body: ("application/json", ref("ExecuteRequest")),
                success: [
                    (
                        200, "application/json",
                        object(["result": [:], "usage": ref("Usage"), "receipt": ["type": "string"]])
                    ), (200, "text/event-stream", ["type": "string"]),
                    (202, "application/json", object(["execution": ref("Execution")])),
                ],
                problems: [
                    (400, "The body is empty or not JSON"), unauthorized,
                    (402, "The skill must be bought, or the licence, the balance or a budget is used up"),
                    (403, "The token is another agent's, for another skill, revoked or refunded"),
                    (404, "There is no such skill, version or endpoint"),
                    (409, "The Idempotency-Key is in flight, or the version is not, or was not, approved"),
                    (
                        410,
                        "The version was revoked or taken back, or the run was answered before and its result not kept"
                    ),
                    (413, "The body is too large"),
                    (422, "The payload does not fit the endpoint's schema, or the key was used with another body"),
                    (
                        429,
                        "Too many calls for this licence, agent or address, too many runs at once, or too many answers stored"
                    ),
                    (502, "The run failed; verdict says how"),
                    (
                        503,
                        "Overloaded, not booked, nearly out of disk, no sandbox could be built, or a secret is not set"
                    ),
                    (504, "The run took too long"),
                ], headers: ["Idempotent-Replayed", "Server-Timing", "Location", "Retry-After", "Preference-Applied"])
        } + [
            OpenAPIOperation(
                method: "post", path: "/api/v1/executions/{execution}/cancel", id: "cancelExecution",
                summary: "End a run of the caller that was answered 202, and show it",
                success: [(200, "application/json", object(["execution": ref("Execution")]))],
                problems: [(404, "There is no such execution, or it is not the caller's"), (409, "It has ended")]),
            OpenAPIOperation(
                method: "get", path: "/api/v1/executions/{execution}", id: "showExecution",
                summary: "Show one run, for its caller and its seller", parameters: [accept],
                success: [
                    (200, "application/json", object(["execution": ref("Execution")])),
                    (200, "text/event-stream", ["type": "string"]),
                ],
                problems: [(404, "There is no such execution, or it is not the caller's")], headers: ["Retry-After"]),
        ]

    private static let times = [
        Parameter(name: "from", place: "query", description: "The first moment that is included", schema: moment),
        Parameter(
            name: "to", place: "query", description: "The first moment that is no longer included", schema: moment),
        Parameter(
            name: "skillId", place: "query", description: "Only of this skill, by name or identifier",
            schema: word(64)),
    ]
    private static let usageFilter =
        times + [
            Parameter(
                name: "purchaseId", place: "query", description: "Only under this purchase", schema: uuid),
            Parameter(name: "endpoint", place: "query", description: "Only of this endpoint", schema: word(128)),
            Parameter(name: "verdict", place: "query", description: "Only with this verdict", schema: word(32)),
        ]

    private static let records = [
        OpenAPIOperation(
            method: "get", path: "/api/v1/usage", id: "listUsage", summary: "List own runs, newest first",
            parameters: usageFilter + page,
            success: [
                (200, "application/json", object(["items": list(of: "Usage"), "pagination": ref("Pagination")]))
            ],
            problems: [(400, "A parameter is wrong"), (404, "There is no such skill")]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/usage/summary", id: "summarizeUsage",
            summary: "Sums of own runs, or of own skills' runs, by hour, day or month, newest first",
            parameters: [
                role,
                Parameter(
                    name: "by", place: "query", description: "hour, day (the default) or month",
                    schema: ["enum": ["hour", "day", "month"]]),
            ] + times + page,
            success: [
                (
                    200, "application/json",
                    object(["items": list(of: "UsageSummary"), "pagination": ref("Pagination")])
                )
            ],
            problems: [(400, "A parameter is wrong"), (404, "There is no such skill")]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/usage/export", id: "exportUsage",
            summary: "Own runs as CSV or JSON lines, newest first; X-Next-Cursor says where the next part starts",
            parameters: usageFilter + [
                Parameter(
                    name: "format", place: "query", description: "csv, the default, or jsonl",
                    schema: ["enum": ["csv", "jsonl"]]),
                Parameter(
                    name: "limit", place: "query", description: "Records of a part, 1 to 10,000, the default",
                    schema: ["type": "integer", "minimum": 1, "maximum": 10000]),
                Parameter(
                    name: "cursor", place: "query", description: "The X-Next-Cursor of the part before",
                    schema: word(1024)),
            ],
            success: [(200, "text/csv", ["type": "string"]), (200, "application/jsonl", ["type": "string"])],
            problems: [(400, "A parameter is wrong"), (404, "There is no such skill")], headers: ["X-Next-Cursor"]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/balances", id: "listBalances", summary: "Show what the caller has",
            success: [(200, "application/json", object(["items": list(of: "Balance")]))]),
    ]

    private static func cash(
        _ place: String, id: String, _ name: String, summary: String, conflict: String
    ) -> OpenAPIOperation {
        let answer = object([name: ref("Cash"), "balance": ref("Money")])
        return OpenAPIOperation(
            method: "post", path: "/api/v1/admin/\(place)", id: id, summary: summary, security: .operator,
            body: ("application/json", ref("CashRequest")),
            success: [(201, "application/json", answer), (200, "application/json", answer)],
            problems: [(404, "There is no such agent"), (409, conflict), (422, "A field is wrong")],
            headers: ["Idempotent-Replayed"])
    }

    private static let admin = [
        cash(
            "credits", id: "credit", "credit", summary: "Book a prepaid deposit, once per reference",
            conflict: "The reference was booked with another agent or amount"),
        cash(
            "payouts", id: "payOut", "payout", summary: "Book what an agent was paid out, once per reference",
            conflict: "The agent has less than that, or the reference was booked with another agent or amount"),
        OpenAPIOperation(
            method: "post", path: "/api/v1/admin/purchases/{purchase}/revoke", id: "revokePurchase",
            summary: "End a purchase; all its tokens are refused from now on", security: .operator,
            body: ("application/json", ref("Revocation")),
            success: [(200, "application/json", object(["purchase": ref("Purchase")]))],
            problems: [(404, "There is no such purchase")]),
        refund(
            "admin/purchases/{purchase}", "refundPurchaseAsOperator",
            "Give the last payment for a licence back, or a part of it, from its seller", security: .operator),
        refund(
            "admin/executions/{execution}", "refundExecutionAsOperator",
            "Give back what a run cost, or a part of it, from its seller", security: .operator),
        OpenAPIOperation(
            method: "get", path: "/api/v1/admin/ledger", id: "checkLedger",
            summary: "Check the whole ledger and show the platform's balances", security: .operator,
            success: [(200, "application/json", ref("Ledger"))],
            problems: []),
    ]

    private static let system = [
        OpenAPIOperation(
            method: "get", path: "/healthz", id: "health", summary: "Whether the daemon lives", security: .none,
            success: [(200, "application/json", object(["status": ["const": "ok"]]))]),
        OpenAPIOperation(
            method: "get", path: "/readyz", id: "readiness", summary: "Whether the daemon takes calls", security: .none,
            success: [(200, "application/json", object(["status": ["const": "ready"]]))],
            problems: [(503, "It is starting or stopping, or cannot take calls; code and detail say why")]),
        OpenAPIOperation(
            method: "get", path: "/metrics", id: "metrics", summary: "Metrics in the Prometheus text format",
            security: .none, success: [(200, "text/plain", ["type": "string"])]),
        OpenAPIOperation(
            method: "get", path: "/.well-known/jwks.json", id: "jwks",
            summary: "The public keys that check purchase tokens and receipts", security: .none,
            success: [(200, "application/json", ref("JWKS"))], headers: ["Cache-Control"]),
        OpenAPIOperation(
            method: "get", path: "/problems/{code}", id: "showProblem",
            summary: "What a problem's code means, and what to do about it", security: .none,
            success: [
                (
                    200, "application/json",
                    object([
                        "code": ["type": "string"], "title": ["type": "string"],
                        "statuses": ["type": "array", "items": ["type": "integer"]], "meaning": ["type": "string"],
                        "remedy": ["type": "string"], "retryable": ["type": "string"],
                        "fields": ["type": "array", "items": ["type": "string"]],
                    ])
                )
            ],
            problems: [(404, "There is no such code")], headers: ["Cache-Control"]),
        OpenAPIOperation(
            method: "get", path: "/openapi.json", id: "openapi", summary: "This document", security: .none,
            success: [(200, "application/json", ["type": "object"])]),
    ]
}
