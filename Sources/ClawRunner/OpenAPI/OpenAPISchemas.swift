import Fields

/// The shapes that several operations share.
enum OpenAPISchemas {
    static let json: JSONValue = [
        "Problem": problem(isAnswer: true), "ReviewProblem": problem(isAnswer: false),
        "AuditEntry": OpenAPIOperation.auditEntry,
        "Pagination": OpenAPIOperation.object([
            "limit": integer, "nextCursor": ["type": ["string", "null"]], "total": integer,
            "totalIsExact?": [
                "type": "boolean", "description": "False where counting stopped: there are at least total",
            ],
        ]),
        "Category": [
            "enum": ["communication", "automation", "analysis", "creative", "utility", "integration"]
        ],
        "Agent": OpenAPIOperation.object([
            "id": uuid, "name": string, "owner": string, "description": string, "avatar": optionalString,
            "reputation": ["type": "number", "minimum": 0, "maximum": 100], "totalSales": integer,
            "status": ["enum": ["active", "deactivated", "banned"]], "createdAt": time, "updatedAt": time,
        ]),
        "Key": OpenAPIOperation.object([
            "id": uuid, "name": optionalString, "prefix": string, "scopes": OpenAPIOperation.scopes,
            "addresses": ["type": "array", "items": string], "publicKey": optionalString, "createdAt": time,
            "expiresAt": optionalTime,
            "lastUsedAt": optionalTime, "revokedAt": optionalTime,
        ]),
        "AgentStats": OpenAPIOperation.object([
            "skills": integer, "totalSales": integer, "buyers": integer, "callsServed": integer, "downloads": integer,
            "since": time,
        ]),
        "Pause": OpenAPIOperation.pause,
        "Pricing": OpenAPIOperation.object([
            "type": ["enum": ["free", "one-time", "subscription", "usage"]], "price": amount, "currency": currency,
            "interval?": ["enum": ["daily", "weekly", "monthly"]], "unit?": string, "per?": ["enum": [1, 1000]],
            "units?": OpenAPIOperation.object([
                "from": ["enum": ["payload", "result"]], "pointer": string, "as": ["enum": ["list", "number"]],
                "max": integer,
            ]), "prepaidUses?": integer, "trialCalls?": integer, "graceHours?": integer,
            "licenses?": OpenAPIOperation.object(["commercial?": amount, "enterprise?": amount]),
        ]),
        "Package": OpenAPIOperation.object([
            "digest": ["type": "string", "pattern": "^sha256:[0-9a-f]{64}$"], "size": integer,
            "manifest": ["type": "object", "description": "skill.toml key for key"],
        ]),
        "Skill": skill,
        "SkillVersion": OpenAPIOperation.skillVersion,
        "Capabilities": OpenAPIOperation.capabilities,
        "ReviewReport": OpenAPIOperation.reviewReport,
        "AbuseReport": OpenAPIOperation.abuseReport,
        "Secret": OpenAPIOperation.object([
            "name": string, "description": optionalString, "set": ["type": "boolean"], "updatedAt": optionalTime,
        ]),
        "License": license,
        "Purchase": OpenAPIOperation.object([
            "id": uuid, "buyerId": uuid, "sellerId": uuid, "skillId": uuid, "amount": amount, "amountBase": base,
            "currency": currency, "pricing": OpenAPIOperation.ref("Pricing"), "runPrice": amount, "runPriceBase": base,
            "txHash": optionalString, "license": OpenAPIOperation.ref("License"), "trialCallsLeft": integer,
            "subscription": nullable(
                OpenAPIOperation.object([
                    "periodsPaid": integer, "renews": ["type": "boolean"], "usableUntil": optionalTime,
                ])),
            "upgrades": integer, "status": ["enum": ["pending", "completed", "refunded"]], "revokedReason?": string,
            "createdAt": time,
        ]),
        "Upgrade": OpenAPIOperation.upgrade,
        "Payment": OpenAPIOperation.object([
            "id": uuid, "kind": ["enum": ["purchase", "renewal", "upgrade"]], "number": integer, "amount": amount,
            "amountBase": base, "currency": currency, "periodStart": optionalTime, "periodEnd": optionalTime,
            "createdAt": time,
        ]),
        "Refund": OpenAPIOperation.object([
            "id": uuid, "of": ["enum": ["payment", "execution"]], "ofId": uuid, "purchaseId": uuid, "amount": amount,
            "amountBase": base, "sellerPart": amount, "platformPart": amount, "currency": currency, "reason": string,
            "createdAt": time,
        ]),
        "Budget": OpenAPIOperation.object([
            "purchaseId": nullable(uuid), "period": ["enum": ["day", "month"]], "limit": amount, "limitBase": base,
            "spent": amount, "held": amount, "left": amount, "currency": currency, "periodStart": time,
            "periodEnd": time,
        ]),
        "TopUp": OpenAPIOperation.object([
            "agentId": uuid, "threshold": amount, "amount": amount, "currency": currency, "reference": string,
            "askedAt": optionalTime,
        ]),
        "UsageSummary": OpenAPIOperation.object([
            "start": time, "skillId": uuid, "verdict": string, "calls": integer, "units": integer, "cost": amount,
            "costBase": base, "currency": currency, "duration": integer, "cpuTime": integer, "requestSize": integer,
            "responseSize": integer,
        ]),
        "Usage": usage,
        "Execution": OpenAPIOperation.object([
            "id": uuid,
            "state": [
                "enum": ["queued", "running", "done"],
                "description": "Everything else is there when it is done: problem if it was not run, else the rest",
            ],
            "problem?": OpenAPIOperation.ref("Problem"),
            "result?": ["description": "For the caller, as long as the answer is kept"],
            "usage?": OpenAPIOperation.ref("Usage"), "verdict?": OpenAPIOperation.ref("Verdict"),
            "attempts?": ["type": "integer", "minimum": 1, "maximum": 4],
            "firstVerdict?": OpenAPIOperation.ref("Verdict"),
            "isolation?": [
                "type": ["object", "null"], "description": "What was enforced; null when nothing is known of the run",
            ],
            "receipt?": string, "stderr?": string, "stderrTruncated?": ["type": "boolean"],
            "steps?": [
                "type": "array", "items": OpenAPIOperation.ref("WorkflowStep"),
                "description": "Of a workflow: its calls in the order in which they ended, then what was not called",
            ],
            "workflowExecutionId?": uuid,
        ]),
        "WorkflowStep": OpenAPIOperation.object([
            "step": string, "fallback": ["type": "boolean"], "skill?": string, "version?": string, "endpoint?": string,
            "verdict": ["type": ["object", "null"]], "duration?": ["type": "integer"],
            "executionId?": ["type": ["string", "null"]], "paidBy?": ["enum": ["author", "buyer"]], "cost?": amount,
            "currency?": currency, "skipped?": ["type": "boolean"], "resumed?": ["type": "boolean"],
        ]),
        "Verdict": verdict,
        "SalesReport": OpenAPIOperation.object([
            "skillId?": uuid, "day?": ["type": "string", "format": "date"], "calls": integer, "ok": integer,
            "failures": ["type": "object", "additionalProperties": integer], "buyers": integer,
            "revenue": OpenAPIOperation.list(of: "Revenue"),
            "latency": OpenAPIOperation.object(["p50": optionalInteger, "p95": optionalInteger, "p99": optionalInteger]
            ),
        ]),
        "Revenue": OpenAPIOperation.object([
            "currency": currency, "runs": amount, "licenses": amount, "refunded": amount, "total": ["type": "string"],
        ]),
        "MarketReport": OpenAPIOperation.object([
            "start": time, "newAgents": integer, "newSkills": integer, "purchases": integer, "runs": integer,
            "volumes": [
                "type": "array",
                "items": OpenAPIOperation.object([
                    "currency": currency, "transactions": integer, "amount": amount, "refunded": amount,
                ]),
            ],
        ]),
        "Recommendation": OpenAPIOperation.object([
            "skill": OpenAPIOperation.ref("Skill"), "reason": ["enum": ["bought_together", "alike", "trusted"]],
            "parties?": integer, "tags?": ["type": "array", "items": string], "because": optionalString, "why": string,
        ]),
        "Review": OpenAPIOperation.object([
            "id": uuid, "skillId": uuid, "version": string, "reviewerId": uuid,
            "stars": ["type": "integer", "minimum": 1, "maximum": 5], "text": string, "helpfulCount": integer,
            "createdAt": time, "editedAt": optionalString,
            "reply": [
                "type": ["object", "null"],
                "properties": ["text": string, "createdAt": time, "editedAt": optionalString],
            ],
            "removed?": OpenAPIOperation.object(["reason": string, "at": time]),
        ]),
        "ReportedReview": OpenAPIOperation.object([
            "review": OpenAPIOperation.ref("Review"), "reportCount": integer, "firstReason": string,
            "firstReportedAt": time,
        ]),
        "Reputation": OpenAPIOperation.object([
            "reputation": ["type": "number", "minimum": 0, "maximum": 100],
            "rating": ["type": "number", "minimum": 0, "maximum": 5], "reviews": integer,
            "transactions": ["type": "number", "minimum": 0], "parties": integer, "quality": share,
            "qualityOf": OpenAPIOperation.object(["code": share, "documentation": share, "support": share]),
            "standing": ["type": "number", "minimum": 0, "maximum": 100],
        ]),
        "Balance": OpenAPIOperation.object([
            "currency": currency, "amount": amount, "amountBase": base, "held": amount, "heldBase": base,
            "available": amount, "availableBase": base,
        ]),
        "Cash": OpenAPIOperation.object([
            "id": uuid, "agentId": nullable(uuid), "amount": amount, "amountBase": base, "currency": currency,
            "reference": string, "createdAt": time,
        ]),
        "Money": money,
        "JWKS": OpenAPIOperation.object([
            "keys": [
                "type": "array",
                "items": OpenAPIOperation.object([
                    "kty": ["const": "OKP"], "crv": ["const": "Ed25519"], "x": string, "use": ["const": "sig"],
                    "alg": ["const": "EdDSA"], "kid": string,
                ]),
            ]
        ]),
        "Verification": OpenAPIOperation.object([
            "valid": ["type": "boolean"], "skillId": uuid, "purchaseId?": uuid, "owner?": ["const": true],
            "license": nullable(OpenAPIOperation.ref("License")), "expiresAt?": optionalTime, "code?": string,
            "detail?": string,
        ]),
        "Example": OpenAPIOperation.object(["endpoint": string, "payload": [:], "expect": [:]]),
        "Endpoint": OpenAPIOperation.object([
            "path": string, "method": ["enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]],
            "description": optionalString, "idempotent": ["type": "boolean"],
            "input": ["description": "The JSON Schema of a payload; null takes any"],
            "output": ["description": "The JSON Schema of a result; null promises none"],
        ]),
        "Ledger": OpenAPIOperation.object([
            "sound": ["type": "boolean"], "accounts": integer, "transfers": integer, "usages": integer,
            "platform": ["type": "array", "items": money],
            "sums": [
                "type": "array",
                "items": OpenAPIOperation.object([
                    "currency": currency, "depositsBase": base, "agentsBase": base, "platformBase": base,
                    "totalBase": nullable(base),
                ]),
            ],
            "faults": ["type": "array", "items": OpenAPIOperation.object(["place": string, "detail": string])],
        ]),
    ]

    private static let string: JSONValue = ["type": "string"]
    private static let optionalString: JSONValue = ["type": ["string", "null"]]
    private static let optionalTime: JSONValue = ["type": ["string", "null"], "format": "date-time"]
    private static let integer: JSONValue = ["type": "integer", "minimum": 0]
    private static let optionalInteger: JSONValue = ["type": ["integer", "null"], "minimum": 0]
    private static let share: JSONValue = ["type": "number", "minimum": 0, "maximum": 1]
    private static let uuid: JSONValue = ["type": "string", "format": "uuid"]
    private static let time: JSONValue = ["type": "string", "format": "date-time"]
    private static let currency: JSONValue = ["enum": ["USDC", "SOL"]]
    private static let amount: JSONValue = [
        "type": "string", "description": "Whole units, exact", "pattern": "^-?[0-9]+(\\.[0-9]+)?$",
        "examples": ["0.001"],
    ]
    private static let base: JSONValue = ["type": "string", "description": "Base units", "pattern": "^-?[0-9]+$"]

    private static func nullable(_ schema: JSONValue) -> JSONValue { ["anyOf": [schema, ["type": "null"]]] }

    private static let money = OpenAPIOperation.object(["amount": amount, "amountBase": base, "currency": currency])

    /// - Parameter isAnswer: false for one that is kept, which is of no request.
    private static func problem(isAnswer: Bool) -> JSONValue {
        [
            "type": "object", "description": "RFC 9457. Some codes have further fields, which docs/errors.md lists.",
            "properties": [
                "type": ["type": "string", "description": "Where the code is explained"],
                "title": string, "status": ["type": "integer", "minimum": 400, "maximum": 599],
                "detail": ["type": "string", "description": "A sentence to act on"],
                "instance": [
                    "type": "string", "description": "The request, or the execution of a run that took place",
                ],
                "code": ["type": "string", "pattern": "^[a-z0-9_]+$", "description": "Stable and short, for programs"],
                "retryable": [
                    "type": "boolean", "description": "Whether the same request may succeed later unchanged",
                ],
                "policy": [
                    "enum": ["license", "agent", "address", "registration"],
                    "description": "The rate limit that refused",
                ],
                "reason": [
                    "type": "string", "description": "Of overloaded or a verdict: stable and short, for programs",
                ],
                "verdict": [
                    "type": ["string", "object"],
                    "description": "Of a run that took place; of a test of a package with its detail and evidence",
                ],
                "usage": OpenAPIOperation.ref("Usage"), "receipt": string,
            ],
            "required": .array(
                ["type", "title", "status", "detail", "code", "retryable"] + (isAnswer ? ["instance"] : [])),
            "additionalProperties": true,
        ]
    }

    private static let skill: JSONValue = OpenAPIOperation.object([
        "id": uuid, "agentId": uuid, "name": string, "displayName": string, "version": string, "description": string,
        "category": OpenAPIOperation.ref("Category"), "pricing": OpenAPIOperation.ref("Pricing"),
        "code": OpenAPIOperation.object([
            "package": string, "repoUrl": optionalString, "ref": optionalString, "commit": optionalString,
            "runtime": ["enum": ["exec", "python", "node", "workflow"]],
            "entryPoint": [
                "description": "A file and its function, a program, or a program with its first arguments"
            ],
            "dependencies": ["type": "array", "items": string], "documentation": optionalString,
            "network": OpenAPIOperation.object(["allow": ["type": "array", "items": string]]),
            "workflow": [
                "type": ["object", "null"],
                "description": "Of a workflow: who pays its steps, and what each of them and its fallback calls",
            ],
        ]),
        "api": OpenAPIOperation.object([
            "endpoints": OpenAPIOperation.list(of: "Endpoint"), "auth": string,
            "examples": ["type": "array", "description": "The tests of skill.toml, then the publication's own"],
        ]),
        "capabilities": OpenAPIOperation.ref("Capabilities"),
        "status": ["enum": ["pending", "published", "review", "rejected", "withdrawn"]],
        "deprecated": nullable(
            OpenAPIOperation.object(["at": time, "message": string, "successor": optionalString])),
        "rating": ["type": "number"],
        "reviewCount": integer, "downloadCount": integer,
        "quality": ["type": ["number", "null"], "minimum": 0, "maximum": 1],
        "tags": ["type": "array", "items": string],
        "createdAt": time, "updatedAt": time,
    ])

    private static let license: JSONValue = OpenAPIOperation.object([
        "type": ["enum": ["personal", "commercial", "enterprise"]], "expiresAt": optionalTime,
        "usageLimit": ["type": ["integer", "null"]], "currentUsage": integer,
    ])

    private static let usage: JSONValue = OpenAPIOperation.object([
        "id": uuid, "purchaseId": nullable(uuid), "skillId": uuid, "agentId": uuid, "endpoint": string,
        "requestSize": integer, "responseSize": integer, "duration": integer, "units": integer, "cost": amount,
        "costBase": base, "currency": currency, "cpuTime": integer, "peakMemory": integer,
        "trial": ["type": "boolean"], "verdict": string, "timestamp": time,
    ])

    private static let verdict: JSONValue = OpenAPIOperation.object([
        "kind": [
            "enum": [
                "ok", "failed", "signaled", "timeout", "cpu_limit", "memory_limit", "pids_limit", "output_limit",
                "file_size_limit", "syscall_denied", "invalid_response", "cancelled", "launch_failed",
            ]
        ],
        "detail": string, "exitCode?": ["type": "integer"], "signal?": ["type": "integer"], "syscall?": string,
        "layer?": string, "reason?": string,
    ])
}
