import Fields

/// The shapes that several operations share.
enum OpenAPISchemas {
    static let json: JSONValue = [
        "Problem": problem,
        "AuditEntry": OpenAPIOperation.auditEntry,
        "Pagination": OpenAPIOperation.object([
            "limit": integer, "nextCursor": ["type": ["string", "null"]], "total": integer,
        ]),
        "Category": [
            "enum": ["communication", "automation", "analysis", "creative", "utility", "integration"]
        ],
        "Registration": OpenAPIOperation.object([
            "name": ["type": "string", "maxLength": 64], "ownerWallet": string, "description?": string,
            "avatar?": string,
        ]),
        "Agent": OpenAPIOperation.object([
            "id": uuid, "name": string, "owner": string, "description": string, "avatar": optionalString,
            "reputation": ["type": "number", "minimum": 0, "maximum": 100], "totalSales": integer, "createdAt": time,
            "updatedAt": time,
        ]),
        "Key": OpenAPIOperation.object([
            "id": uuid, "name": optionalString, "prefix": string, "createdAt": time, "expiresAt": optionalString,
            "lastUsedAt": optionalString, "revokedAt": optionalString,
        ]),
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
        "Publication": [
            "type": "object",
            "description": "code.package is the digest of an upload; every other field must say what skill.toml says",
            "properties": [
                "code": OpenAPIOperation.object(["package": string]), "name": string, "displayName": string,
                "pricing": OpenAPIOperation.ref("Pricing"),
            ],
            "required": ["code"],
        ],
        "Skill": skill,
        "Secret": OpenAPIOperation.object([
            "name": string, "description": optionalString, "set": ["type": "boolean"], "updatedAt": optionalString,
        ]),
        "License": license,
        "PurchaseRequest": OpenAPIOperation.object([
            "skillId": ["type": "string", "description": "Name or identifier"],
            "licenseType?": ["enum": ["personal", "commercial", "enterprise"]],
            "usageLimit?": ["type": "integer", "minimum": 1], "maxPrice?": amount,
        ]),
        "Purchase": OpenAPIOperation.object([
            "id": uuid, "buyerId": uuid, "sellerId": uuid, "skillId": uuid, "amount": amount, "amountBase": base,
            "currency": currency, "pricing": OpenAPIOperation.ref("Pricing"), "runPrice": amount, "runPriceBase": base,
            "txHash": optionalString, "license": OpenAPIOperation.ref("License"), "trialCallsLeft": integer,
            "subscription": [
                "type": ["object", "null"],
                "properties": [
                    "periodsPaid": integer, "renews": ["type": "boolean"], "usableUntil": optionalString,
                ],
            ],
            "status": ["enum": ["pending", "completed", "refunded"]], "revokedReason?": string, "createdAt": time,
        ]),
        "Payment": OpenAPIOperation.object([
            "id": uuid, "number": integer, "amount": amount, "amountBase": base, "currency": currency,
            "periodStart": optionalString, "periodEnd": optionalString, "createdAt": time,
        ]),
        "RefundRequest": OpenAPIOperation.object([
            "amount?": amount, "reason": ["type": "string", "minLength": 1, "maxLength": 255],
        ]),
        "Refund": OpenAPIOperation.object([
            "id": uuid, "of": ["enum": ["payment", "execution"]], "ofId": uuid, "purchaseId": uuid, "amount": amount,
            "amountBase": base, "sellerPart": amount, "platformPart": amount, "currency": currency, "reason": string,
            "createdAt": time,
        ]),
        "BudgetRequest": OpenAPIOperation.object([
            "purchaseId?": string, "period": ["enum": ["day", "month"]], "limit": amount, "currency?": currency,
        ]),
        "Budget": OpenAPIOperation.object([
            "purchaseId": optionalString, "period": ["enum": ["day", "month"]], "limit": amount, "limitBase": base,
            "spent": amount, "held": amount, "left": amount, "currency": currency, "periodStart": time,
            "periodEnd": time,
        ]),
        "TopUpRequest": OpenAPIOperation.object(["threshold": amount, "amount": amount, "currency?": currency]),
        "TopUp": OpenAPIOperation.object([
            "agentId": uuid, "threshold": amount, "amount": amount, "currency": currency, "reference": string,
            "askedAt": optionalString,
        ]),
        "UsageSummary": OpenAPIOperation.object([
            "start": time, "skillId": uuid, "verdict": string, "calls": integer, "units": integer, "cost": amount,
            "costBase": base, "currency": currency, "duration": integer, "cpuTime": integer, "requestSize": integer,
            "responseSize": integer,
        ]),
        "ExecuteRequest": OpenAPIOperation.object(["endpoint": string, "payload?": [:], "maxCost?": amount]),
        "Usage": usage,
        "Execution": OpenAPIOperation.object([
            "id": uuid, "usage": OpenAPIOperation.ref("Usage"), "verdict": OpenAPIOperation.ref("Verdict"),
            "attempts": ["enum": [1, 2]], "firstVerdict?": OpenAPIOperation.ref("Verdict"),
            "isolation": ["type": ["object", "null"]], "receipt": string, "stderr?": string,
        ]),
        "Verdict": verdict,
        "Balance": OpenAPIOperation.object([
            "currency": currency, "amount": amount, "amountBase": base, "held": amount, "heldBase": base,
            "available": amount, "availableBase": base,
        ]),
        "CreditRequest": OpenAPIOperation.object([
            "agentId": ["type": "string", "description": "Name or identifier"], "amount": amount,
            "currency?": currency, "reference": ["type": "string", "maxLength": 255],
        ]),
        "Ledger": OpenAPIOperation.object([
            "sound": ["type": "boolean"], "accounts": integer, "transfers": integer, "usages": integer,
            "platform": ["type": "array"], "sums": ["type": "array"], "faults": ["type": "array"],
        ]),
    ]

    private static let string: JSONValue = ["type": "string"]
    private static let optionalString: JSONValue = ["type": ["string", "null"]]
    private static let integer: JSONValue = ["type": "integer", "minimum": 0]
    private static let uuid: JSONValue = ["type": "string", "format": "uuid"]
    private static let time: JSONValue = ["type": "string", "format": "date-time"]
    private static let currency: JSONValue = ["enum": ["USDC", "SOL"]]
    private static let amount: JSONValue = [
        "type": "string", "description": "Whole units, exact; requests may also give a number", "examples": ["0.001"],
    ]
    private static let base: JSONValue = ["type": "string", "description": "Base units"]

    private static let problem: JSONValue = OpenAPIOperation.object([
        "type": string, "title": string, "status": integer, "detail": string, "instance?": string,
        "code": ["type": "string", "description": "Stable and short, for programs"],
        "retryable": ["type": "boolean"],
        "policy?": [
            "enum": ["license", "agent", "address", "registration"], "description": "The rate limit that refused",
        ],
        "reason?": ["type": "string", "description": "Of overloaded or a verdict: stable and short, for programs"],
        "verdict?": ["type": "string", "description": "Of a run that took place"],
        "usage?": OpenAPIOperation.ref("Usage"), "receipt?": string,
    ])

    private static let skill: JSONValue = OpenAPIOperation.object([
        "id": uuid, "agentId": uuid, "name": string, "displayName": string, "version": string, "description": string,
        "category": OpenAPIOperation.ref("Category"), "pricing": OpenAPIOperation.ref("Pricing"),
        "code": ["type": "object"], "api": ["type": "object"],
        "status": ["enum": ["pending", "published", "review", "rejected"]], "rating": ["type": "number"],
        "reviewCount": integer, "downloadCount": integer,
        "quality": ["type": ["number", "null"], "minimum": 0, "maximum": 1], "tags": ["type": "array", "items": string],
        "createdAt": time, "updatedAt": time,
    ])

    private static let license: JSONValue = OpenAPIOperation.object([
        "type": ["enum": ["personal", "commercial", "enterprise"]], "expiresAt": optionalString,
        "usageLimit": ["type": ["integer", "null"]], "currentUsage": integer,
    ])

    private static let usage: JSONValue = OpenAPIOperation.object([
        "id": uuid, "purchaseId": optionalString, "skillId": uuid, "agentId": uuid, "endpoint": string,
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
